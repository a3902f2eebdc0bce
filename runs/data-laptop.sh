#!/usr/bin/env bash
# From an empty disk to everything that models are trained on, on one laptop: one command a step. Each step
# goes on where it was stopped, even by kill -9; run the same line again. Minutes are for 2 cores with little
# else to do; docs/results.md says what was measured.
#
#   runs/data-laptop.sh [FOLDER]        default: data
#
# Needs Debian 12 with `./ozma setup` done, 10 GB of disk, and the network for the first step.
set -euo pipefail
cd "$(dirname "$0")/.."
data=${1:-data}

# 1. Headers of the libraries that packages use most, so that more of their sources compile; once, as root.
#    Half a minute. Without them the corpus is about a tenth smaller.
if [ "$(id -u)" = 0 ]; then
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends --no-remove \
    dpkg-dev build-essential bison flex gperf m4 re2c autoconf automake libtool cmake meson ninja-build gettext csmith libcsmith-dev \
    libasound2-dev libboost-dev libbz2-dev libcap-dev libcurl4-openssl-dev libdbus-1-dev libedit-dev libev-dev libevent-dev \
    libexpat1-dev libffi-dev libfreetype-dev libglib2.0-dev libgmp-dev libgtk-3-dev libjpeg-dev liblua5.3-dev liblzma-dev \
    libmpfr-dev libncurses-dev libnl-genl-3-dev libogg-dev libpam0g-dev libpcap-dev libpcre2-dev libpng-dev libpulse-dev \
    libreadline-dev libsdl1.2-dev libsdl2-dev libsdl2-image-dev libsdl2-mixer-dev libsdl2-ttf-dev libsqlite3-dev libssh2-1-dev \
    libssl-dev libudev-dev libusb-1.0-0-dev libvorbis-dev libx11-dev libxext-dev libxml2-dev libzstd-dev zlib1g-dev
fi

# 2. Sources of 363 Debian packages to unoptimised bitcode, 120 files a package. 38 minutes. (--files 400: 17,651 files, not 14,793.)
./ozma data collect -o "$data/collected"

# 3. A small part of random programs, marked as such. Less than a minute.
./ozma data collect --csmith 300 -o "$data/random"

# 4. Bitcode to functions that stand alone, each kept once, split by package. 28 minutes, of which comparing the splits took 23
#    (it has become three times as fast since).
./ozma data corpus "$data/collected" "$data/random" -o "$data/corpus"
./ozma data query --data "$data" 'SELECT kind, split, count(*) AS rows, sum(instructions) AS instructions FROM corpus GROUP BY ALL ORDER BY ALL'

# 5. Flag-tuning labels. 43 minutes; those in labels/ were made by this line.
./ozma data labels "$data/corpus" -o "$data/labels" --limit 10000 --broadcast 24

# 6. What models are trained on. 34, 16, 3 and 4 minutes of one worker; here each has both cores. What else the released models
#    were trained on: runs/release.sh.
./ozma data disassembly "$data/corpus" -o "$data/disassembly" --limit 116000
./ozma data emulation "$data/corpus" -o "$data/emulation" --limit 108000
./ozma data pretraining "$data/corpus" -o "$data/pretraining" --limit 16000
./ozma data tuning "$data/corpus" --labels "$data/labels" --codegen both -o "$data/tuning"
