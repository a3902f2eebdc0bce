#!/bin/sh
# Checks the suite itself: every program must pass, and print the same checksum, with gcc and clang, at -O0,
# -O2 and -Oz, and without a report of the address and undefined-behaviour sanitisers.
# Usage: suites/self-test/check-all.sh [CLANG [GCC]]
clang=${1:-clang} gcc=${2:-gcc}
cd "$(dirname "$0")" || exit 3
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
bad=0
for source in *.c *.cc; do
  case $source in
    *.cc) suffix=++ language="-std=c++17 -Wno-deprecated-declarations" ;;
    *) suffix='' language=-std=gnu17 ;;
  esac
  reference=
  for build in "gcc -O0" "gcc -O2 -Wall -Wextra" "clang -O0 -Wall -Wextra" "clang -Oz" "clang -O2" \
    "clang -O0 -fsanitize=undefined,address -fno-sanitize-recover=all" \
    "clang -Oz -fsanitize=undefined,address -fno-sanitize-recover=all"; do
    program=${build%% *}
    case $program in
      gcc) compiler=$gcc; [ -n "$suffix" ] && compiler=$(echo "$gcc" | sed 's/gcc/g++/') ;;
      *) compiler=$clang; [ -n "$suffix" ] && compiler=$(echo "$clang" | sed 's/clang/clang++/') ;;
    esac
    # shellcheck disable=SC2086
    if ! "$compiler" $language ${build#* } -o "$work/program" "$source" -lm; then
      echo "$source: $build: does not compile"; bad=1; continue
    fi
    output=$("$work/program") || { echo "$source: $build: failed ($?)"; bad=1; continue; }
    reference=${reference:-$output}
    [ "$output" = "$reference" ] || { echo "$source: $build: $output, expected $reference"; bad=1; }
  done
done
exit $bad
