// What never enters the corpus, since results are measured on it: the source families of the public embedded
// benchmarks, and the five packages that README reports `ozma tune` on. By package where a package is one of
// them, by path where another package carries a copy along.

const reservedPackages =
  /^(zlib|lz4|lua(5\.\d|jit)?|expat|libpng(1\.6)?|libjpeg.*|jpeg.*|mozjpeg|lame|libmad|libid3tag|madplay|tiff|ispell|ghostscript|lout|sphinx.*|pocketsphinx|rsynth|libgsm|gnupg.*|pgp.*|bzip2|fftw3?|pbzip2)$/;

/** Folders and file names (without ending) of copies that other packages carry along. */
const reservedName =
  /^(zlib.*|minizip|miniz|lz4.*|xxlz4|lua.*|liblua.*|expat|libexpat|xml(parse|role|tok)(_impl|_ns)?|libpng.*|png(\w{0,6})?|libjpeg.*|jpeg[-\d].*|j(c|d)(api|coef|color|dct|huff|main|marker|master|param|phuff|prep|sample|input|trans|merge|post|arith)\w*|jmem\w+|jquant\d|jfdct\w+|jidct\w+|jutils|jerror|jcomapi|libmp3lame|lame|libmad|mad|id3tag|libid3tag|libtiff|tif_\w+|ispell|ghostscript|lout|sphinx\w*|rsynth|gsm|libgsm|gsm\d*|pgp|gnupg|blowfish|bf_\w+|rijndael\w*|sha|sha[-_]?\d\w*|adpcm\w*|ima_adpcm|susan|patricia|dijkstra|stringsearch|k?iss_?fft\w*|fft\w*|\w*_fft|bitcount|bitcnt\w*|basicmath|qsort\w*|crc[-_]?32\w*|bzlib|bzip2?|libbz2|blocksort|huffman|randtable|decompress_bunzip2)$/i;

/** Whether a package is one that results are reported on. */
export function isReservedPackage(name: string): boolean {
  return reservedPackages.test(name);
}

/** Whether a file, by its path inside a package, is (a copy of) reserved code. */
export function isReservedFile(path: string): boolean {
  return path
    .split('/')
    .some((part) => reservedName.test(part.replace(/\.[^.]*$/, '')) || reservedName.test(part));
}
