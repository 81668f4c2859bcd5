#!/bin/sh
# Builds the program into media.so and media.so.sha256, the same bytes in any folder.
#
#   build.sh            installs what is missing, builds, writes both files
#   build.sh --verify   builds into a temporary folder and compares with media.so
#
# Needs Debian's Rust with library source (rustc-web, rust-web-src, cargo-web: Rust 1.96, LLVM 22) and
# sbpf-linker 0.2.6. CARGO_TARGET_DIR is where it builds; by default `target` beside this file.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
linker_version=0.2.6

missing=
for package in rustc-web rust-web-src cargo-web; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing="$missing $package"
done
if [ -n "$missing" ]; then
  sudo=
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update
  # The list is split on purpose: one word a package.
  $sudo apt-get install -y --no-install-recommends $missing
fi
export PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
if ! sbpf-linker --version 2>/dev/null | grep -q " $linker_version\$"; then
  cargo install sbpf-linker --version "$linker_version" --locked
fi

rustc_version=$(/usr/bin/rustc --version | cut -d ' ' -f 2)
[ "$rustc_version" = 1.96.0 ] || echo "rustc $rustc_version: media.so is built with 1.96.0, other bytes may come out" >&2

verify=false
[ "${1:-}" = --verify ] && verify=true
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM
if $verify; then target=$scratch/target; else target=${CARGO_TARGET_DIR:-$here/target}; fi

# The linker loads the first libLLVM* along this path, so the folder holds that one only.
llvm=$(ldconfig -p | sed -n 's/.*libLLVM\.so\.22\.1 .*=> //p' | head -n 1)
[ -n "$llvm" ] || { echo "libLLVM.so.22.1 is not installed" >&2; exit 1; }
mkdir "$scratch/llvm"
ln -s "$llvm" "$scratch/llvm/libLLVM.so.22.1"

# Panics name source files: folders that differ from machine to machine are mapped away.
(cd "$here" && RUSTC=/usr/bin/rustc /usr/bin/cargo fetch --locked --quiet)
registry=${CARGO_HOME:-$HOME/.cargo}/registry/src
sysroot=$(/usr/bin/rustc --print sysroot)
# Flags are separated by 0x1f, so that folders may hold spaces.
flags=
flag() { flags="$flags${flags:+$(printf '\037')}$1"; }
flag -Clinker=sbpf-linker
flag -Clink-arg=--llvm-args=--bpf-stack-size=4096
flag -Ctarget-feature=+allows-misaligned-mem-access
flag "--remap-path-prefix=$here=media"
flag "--remap-path-prefix=$sysroot/lib/rustlib/src/rust=rust"
for index in "$registry"/*/; do
  [ -d "$index" ] && flag "--remap-path-prefix=${index%/}=crates"
done

cd "$here"
LD_LIBRARY_PATH=$scratch/llvm RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc CARGO_TARGET_DIR=$target \
  CARGO_ENCODED_RUSTFLAGS=$flags \
  /usr/bin/cargo build --release --locked -Z build-std=core,alloc --target bpfel-unknown-none
built=$target/bpfel-unknown-none/release/libmedia.so

if $verify; then
  cmp "$built" media.so || { echo "media.so is not what this source builds" >&2; exit 1; }
  sha256sum -c media.so.sha256
else
  cp "$built" media.so
  sha256sum media.so >media.so.sha256
  cat media.so.sha256
fi
