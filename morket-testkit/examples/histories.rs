//! `cargo xtask histories`: replays every history that is kept, or records those of this release.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command's output is its product")]

use morket_testkit::history::{SCENES, folder, folder_of_this_release, kept, replay};
use std::{fs, io, process::ExitCode};

fn main() -> io::Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => replay_all(),
        ["--record"] => record(),
        _ => {
            eprintln!("histories: takes nothing, or --record");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Write this release's histories anew; those of others stay as they are.
fn record() -> io::Result<ExitCode> {
    let folder = folder_of_this_release();
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    for scene in SCENES {
        let text = scene.record();
        println!("{:<16}{:>7} bytes", scene.name, text.len());
        fs::write(folder.join(scene.name).with_extension("jsonl"), text)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn replay_all() -> io::Result<ExitCode> {
    let mut diverged = false;
    for path in kept()? {
        let name = path.strip_prefix(folder()).unwrap_or(&path).display().to_string();
        match replay(&fs::read_to_string(&path)?) {
            Ok(it) => println!(
                "{name}: {} batches, {} events, {} commands",
                it.batches, it.steps, it.commands
            ),
            Err(divergence) => {
                diverged = true;
                println!("{name}: {divergence}");
            }
        }
    }
    Ok(if diverged { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
