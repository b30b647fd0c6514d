//! `man`: manual pages, from the same words as `-h`.

use crate::{
    args::Cli,
    args::ManArgs,
    exit::{Exit, Failure, Outcome},
};
use clap::{Command, CommandFactory};
use std::{io::Write, path::Path};

pub(super) fn man(args: &ManArgs) -> Outcome {
    let mut command = Cli::command().name("morket");
    command.build();
    let Some(folder) = &args.to else {
        std::io::stdout().lock().write_all(&page(&command, "morket")?)?;
        return Ok(Exit::Ok);
    };
    let wrong = |error| Failure::error(format!("{}: {error}", folder.display()));
    write(folder, &command).map_err(wrong)?;
    Ok(Exit::Ok)
}

fn write(folder: &Path, command: &Command) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("morket.1"), page(command, "morket")?)?;
    pages(folder, command, "morket")
}

/// A page for each verb, and for each verb of a verb.
fn pages(folder: &Path, of: &Command, name: &str) -> std::io::Result<()> {
    for verb in of.get_subcommands().filter(|it| it.get_name() != "help") {
        let name = format!("{name}-{}", verb.get_name());
        std::fs::write(folder.join(format!("{name}.1")), page(verb, &name)?)?;
        pages(folder, verb, &name)?;
    }
    Ok(())
}

fn page(command: &Command, name: &str) -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let command = command.clone().disable_help_subcommand(true).display_name(name.to_owned());
    clap_mangen::Man::new(command).section("1").render(&mut page)?;
    Ok(page)
}
