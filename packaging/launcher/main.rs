//! Begins the Linux binary of `media package`. The runtime in it needs a C library, which an empty root has not: both are
//! in this file, behind its own code. They are unpacked once, into a folder that is nobody else's, and run from there.
//!
//! Behind the code: the files, end to end, then `name size` a line, the length of those lines (u64, little-endian), and
//! a mark. Linked statically, so that nothing at all is needed to come this far.
use std::env;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const MARK: &[u8; 16] = b"media-launcher-1";
const LOADER: &str = "ld-linux-x86-64.so.2";
const PROGRAM: &str = "media";

struct Part {
    name: String,
    at: u64,
    size: u64,
}

fn broken(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// What is behind the code, and a name for exactly that.
fn contents(file: &mut File) -> io::Result<(Vec<Part>, String)> {
    let end = file.seek(SeekFrom::End(0))?;
    let mut tail = [0u8; 24];
    file.seek(SeekFrom::Start(
        end.checked_sub(24).ok_or_else(|| broken("it is too short"))?,
    ))?;
    file.read_exact(&mut tail)?;
    if &tail[8..] != MARK {
        return Err(broken("there is no program in it"));
    }
    let length = u64::from_le_bytes(tail[..8].try_into().map_err(|_| broken("its end is malformed"))?);
    let index_at = end
        .checked_sub(24 + length)
        .ok_or_else(|| broken("its index is malformed"))?;
    file.seek(SeekFrom::Start(index_at))?;
    let mut index = String::new();
    file.take(length).read_to_string(&mut index)?;
    let mut lines = index.lines();
    let id = lines.next().ok_or_else(|| broken("its index is empty"))?.to_owned();
    let mut parts = Vec::new();
    for line in lines {
        let (name, size) = line.split_once(' ').ok_or_else(|| broken("its index is malformed"))?;
        let size = size.parse().map_err(|_| broken("its index is malformed"))?;
        parts.push(Part {
            name: name.to_owned(),
            at: 0,
            size,
        });
    }
    let mut at = index_at;
    for part in parts.iter_mut().rev() {
        at = at
            .checked_sub(part.size)
            .ok_or_else(|| broken("its index is malformed"))?;
        part.at = at;
    }
    Ok((parts, id))
}

/// Where it may be unpacked, the first that can be used.
fn bases(own: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    if let Some(told) = env::var_os("MEDIA_RUNTIME_DIR") {
        return vec![PathBuf::from(told)];
    }
    if let Some(cache) = env::var_os("XDG_CACHE_HOME").or_else(|| env::var_os("CACHE_DIRECTORY")) {
        found.push(PathBuf::from(cache).join("media-runtime"));
    }
    if let Some(home) = env::var_os("HOME") {
        found.push(PathBuf::from(home).join(".cache/media-runtime"));
    }
    if let Some(folder) = own.parent() {
        found.push(folder.join(".media-runtime"));
    }
    found.push(PathBuf::from(".media-runtime"));
    found
}

/// A folder of ours: whoever could write into it could run as us.
fn own_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let probe = path.join(format!(".probe-{}", std::process::id()));
    let ours = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&probe)?
        .metadata()?
        .uid();
    fs::remove_file(&probe)?;
    let folder = fs::symlink_metadata(path)?;
    if folder.is_dir() && folder.uid() == ours && folder.mode() & 0o022 == 0 {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        "others can write there",
    ))
}

fn is_whole(folder: &Path, parts: &[Part]) -> bool {
    parts.iter().all(|part| {
        fs::symlink_metadata(folder.join(&part.name)).is_ok_and(|found| found.is_file() && found.len() == part.size)
    })
}

/// Unpacks beside where it belongs and moves it there whole: two that start at once do not see each other's half.
fn unpacked(base: &Path, id: &str, parts: &[Part], file: &mut File) -> io::Result<PathBuf> {
    own_folder(base)?;
    let folder = base.join(id);
    if is_whole(&folder, parts) {
        return Ok(folder);
    }
    let new = base.join(format!("{id}.{}", std::process::id()));
    let _ = fs::remove_dir_all(&new);
    fs::DirBuilder::new().mode(0o700).create(&new)?;
    for part in parts {
        let mut out = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o700)
            .open(new.join(&part.name))?;
        file.seek(SeekFrom::Start(part.at))?;
        let copied = io::copy(&mut Read::take(&mut *file, part.size), &mut out)?;
        if copied != part.size {
            return Err(broken("it is cut short"));
        }
        out.flush()?;
    }
    // One that is not whole is of a start that was killed.
    if folder.exists() && !is_whole(&folder, parts) {
        fs::remove_dir_all(&folder)?;
    }
    if let Err(error) = fs::rename(&new, &folder) {
        let _ = fs::remove_dir_all(&new);
        if !is_whole(&folder, parts) {
            return Err(error);
        }
    }
    Ok(folder)
}

/// The path of this file: as the system knows it, or, without `/proc`, as it was called.
fn own_path(called: &OsString) -> PathBuf {
    if let Ok(path) = env::current_exe() {
        return path;
    }
    let called = Path::new(called);
    if called.components().count() == 1 && !called.has_root() {
        for folder in env::split_paths(&env::var_os("PATH").unwrap_or_default()) {
            if folder.join(called).is_file() {
                return folder.join(called);
            }
        }
    }
    fs::canonicalize(called).unwrap_or_else(|_| called.to_owned())
}

fn run() -> Result<(), String> {
    let mut args = env::args_os();
    let called = args.next().unwrap_or_else(|| OsString::from("media"));
    let own = own_path(&called);
    let mut file = File::open(&own).map_err(|error| format!("{} cannot be read: {error}", own.display()))?;
    let (parts, id) = contents(&mut file).map_err(|error| format!("{} is damaged: {error}", own.display()))?;
    let mut tried = Vec::new();
    for base in bases(&own) {
        match unpacked(&base, &id, &parts, &mut file) {
            Ok(folder) => {
                let error = Command::new(folder.join(LOADER))
                    .arg("--library-path")
                    .arg(&folder)
                    .arg("--argv0")
                    .arg(&called)
                    .arg(folder.join(PROGRAM))
                    .args(args)
                    .env("MEDIA_SELF", &own)
                    .exec();
                return Err(format!("{} cannot be run: {error}", folder.display()));
            }
            Err(error) => tried.push(format!("{} ({error})", base.display())),
        }
    }
    Err(format!(
        "there is no folder to unpack it to: {}. Name one with MEDIA_RUNTIME_DIR.",
        tried.join(", ")
    ))
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("media: {why}");
            ExitCode::FAILURE
        }
    }
}
