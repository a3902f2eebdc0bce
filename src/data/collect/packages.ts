// The Debian source packages that the corpus is made of, by what they are for: chosen for variety, for much
// C and C++ in few headers of others, and so that nothing of reserved.ts is among them. `ozma data collect`
// without operands takes all of them.

// prettier-ignore
export const packagesByArea: Readonly<Record<string, readonly string[]>> = {
  'text and shell tools': [
    'bc', 'coreutils', 'dash', 'diffutils', 'ed', 'findutils', 'gawk', 'grep', 'less', 'mawk', 'nano', 'patch',
    'sed', 'tcsh', 'mksh', 'zsh', 'busybox', 'joe', 'mg', 'vim', 'units', 'original-awk', 'recode', 'dos2unix',
    'enscript', 'groff', 'figlet', 'hunspell', 'wdiff', 'datamash',
  ],
  'system tools': [
    'cpio', 'tar', 'procps', 'psmisc', 'util-linux', 'e2fsprogs', 'dosfstools', 'lsof', 'strace', 'screen', 'tmux',
    'htop', 'ncdu', 'tree', 'sysstat', 'acpid', 'cron', 'at', 'kmod', 'mdadm', 'smartmontools', 'hdparm', 'parted',
    'lshw', 'ethtool', 'iproute2', 'pciutils', 'usbutils', 'acl', 'attr', 'shadow', 'kexec-tools', 'mtools',
  ],
  'compilers and interpreters': [
    'tcl8.6', 'guile-3.0', 'gforth', 'jimtcl', 'tcc', 'yasm', 'nasm', 'bison', 'flex', 'byacc', 'm4', 'make-dfsg',
    'mujs', 'duktape', 'ccache', 'ucpp', 'gperf', 're2c', 'indent', 'cflow',
    'mruby', 'pforth', 'scm', 'ragel', 'ninja-build',
    'sdcc', 'z80asm', 'cc65', 'avra', 'dasm',
  ],
  'parsers and data': [
    'jansson', 'json-c', 'cjson', 'libyaml', 'yaml-cpp', 'tinyxml2', 'pugixml', 'libxml2', 'libxslt', 'mxml',
    'jq', 'libconfig', 'iniparser', 'libcsv', 'cmark', 'discount', 'raptor2', 'protobuf-c', 
    'sqlite3', 'lmdb', 'gdbm', 'tdb', 'leveldb', 'snappy', 'tokyocabinet', 'libical3', 'msgpack-c',
    'capnproto', 'flatbuffers', 'simdjson', 'libconfuse', 'hiredis', 'redis', 
    'qpdf', 'mupdf', 'html-xml-utils', 'tidy-html5', 'libmpack', 'uriparser',
  ],
  'codecs and images': [
    'flac', 'opus', 'libvorbis', 'libogg', 'speex', 'libtheora', 'wavpack', 'libsndfile', 'libsamplerate',
    'soundtouch', 'libwebp', 'giflib', 'openjpeg2', 'libvpx', 'dav1d', 'aom', 'x264', 'x265', 'libde265', 'faad2',
    'twolame', 'mpg123', 'libxmp', 'libmodplug', 'timidity', 'fluidsynth', 'netpbm-free', 'libexif', 'sox',
    'libdca', 'a52dec', 'charls', 'libraw', 'brotli', 'libzstd', 'xz-utils', 'lzo2',
    'lzip', 'zopfli', 'p7zip', 'unrar-free', 'libarchive', 'liblzf', 'zpaq',
  ],
  'network': [
    'curl', 'wget', 'c-ares', 'libevent', 'libuv1', 'nginx', 'lighttpd', 'ntpsec', 'tinyproxy', 'dropbear', 'openssh',
    'mosquitto', 'libssh2', 'nghttp2', 'dnsmasq', 'unbound', 'bind9', 'iperf3', 'socat', 'netcat-openbsd', 'tcpdump',
    'libpcap', 'nmap', 'rsync', 'lftp', 'mutt', 'irssi', 'wpa', 'openvpn', 'stunnel4', 'chrony',
    'haproxy', 'varnish', 'memcached', 'mbedtls', 'wolfssl', 'libsodium', 'libmicrohttpd', 'zeromq3', 'enet',
    'transmission', 'libssh', 'libnl3', 'iptables', 'nftables', 'arp-scan', 'ngircd',
  ],
  numerics: [
    'gmp', 'mpfr4', 'gsl', 'lapack', 'glpk', 'lp-solve', 'nlopt', 'suitesparse', 'qhull', 'libccd', 'pari',
    'ntl', 'flint', 'mpclib3', 'isl', 'cminpack', 'metis', 'bullet',
    'proj', 'geos', 'shapelib', 'symmetrica', 'primesieve', 'igraph', 'liblinear',
    'libsvm', 'cryptominisat', 'z3', 'clasp', 'minisat2', 'coinor-cbc',
  ],
  games: [
    'nethack', 'angband', 'chocolate-doom', 'quakespasm', 'gnuchess', 'gnugo', 
    'stockfish', 'fairymax', 'bsdgames', 'frotz', 'tuxpuck', 'neverball', 'xboard',
    'ltris', 'lbreakouthd', 'gnubg', 'dosbox', 'nsnake', 'moon-buggy',
    'sgt-puzzles', 'hatari', 'fceux', 'stella', 
  ],
  'embedded and hardware': [
    'openocd', 'avrdude', 'stlink', 'dfu-util', 'flashrom', 'sigrok-cli', 'libsigrok', 'newlib', 'picolibc',
    'dietlibc', 'musl', 'klibc', 'avr-libc', 'simavr', 'device-tree-compiler', 'mtd-utils', 'libftdi1',
    'libusb-1.0', 'i2c-tools', 'lm-sensors', 'minicom', 'gpsd', 'rtl-sdr', 'libmodbus', 'libcoap3', 
  ],
  'libraries of all kinds': [
    'glib2.0', 'ncurses', 'readline', 'libedit', 'slang2', 'newt', 'popt', 'libunistring', 'pcre2',
    're2', 'tre', 'fmtlib', 'spdlog', 'abseil', 'pixman', 'cairo', 'pango1.0', 'harfbuzz',
    'freetype', 'fontconfig', 'libsdl2', 'allegro5', 'libx11', 'libxcb', 'glfw3', 'glew', 'assimp', 'libunwind',
    'libffi', 'elfutils', 'libbsd', 'libmd', 'liburcu', 'jemalloc', 'libcbor', 'talloc', 'libonig', 'mpc', 'check', 'cunit', 'cmocka',
    'googletest', 'catch2', 'libgd2', 'box2d', 'chipmunk', 'lcms2', 'libass', 'fribidi', 'libthai', 'uchardet', 'xxhash',
    'libdivide', 'judy', 'libcuckoo', 'libtommath', 'libtomcrypt', 'nettle', 'libgcrypt20', 'libpsl', 'libidn2',
  ],
};

/** All of them, the areas taking turns, so that the beginning of the list is as varied as the whole. */
export function allPackages(): string[] {
  const areas = Object.values(packagesByArea);
  const longest = Math.max(...areas.map(({ length }) => length));
  const turns = Array.from({ length: longest }, (_, at) => areas.flatMap((area) => area[at] ?? []));
  return [...new Set(turns.flat())];
}
