//! Commands of which only the one that is called is described to the parser.

use clap::error::Error;
use clap::{ArgMatches, Args, Command, FromArgMatches, Id};

/// Arguments whose description is made when their command is called: that of all commands takes hundreds of kilobytes of
/// code, which the daemon would have in memory for ever. Not for commands of commands, which `help` has to know.
#[derive(Debug)]
pub struct Later<T>(pub T);

impl<T: FromArgMatches> FromArgMatches for Later<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Later<T>, Error> {
        T::from_arg_matches(matches).map(Later)
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Later<T>, Error> {
        T::from_arg_matches_mut(matches).map(Later)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl<T: Args> Args for Later<T> {
    fn group_id() -> Option<Id> {
        T::group_id()
    }

    fn augment_args(command: Command) -> Command {
        command.defer(|command| keeping_its_about(command, T::augment_args))
    }

    fn augment_args_for_update(command: Command) -> Command {
        command.defer(|command| keeping_its_about(command, T::augment_args_for_update))
    }
}

/// What the list of commands says of it counts, not what its arguments say of themselves.
fn keeping_its_about(command: Command, describe: fn(Command) -> Command) -> Command {
    let (about, long) = (command.get_about().cloned(), command.get_long_about().cloned());
    let command = describe(command).long_about(None);
    let command = match about {
        Some(about) => command.about(about),
        None => command,
    };
    match long {
        Some(long) => command.long_about(long),
        None => command,
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    #[derive(Parser)]
    enum House {
        /// Open the door
        Open(Later<Opening>),
    }

    /// Which door, and how far.
    #[derive(Args)]
    struct Opening {
        #[arg(long)]
        wide: bool,
    }

    #[test]
    fn a_command_is_described_when_it_is_called() {
        let mut house = House::command();
        assert_eq!(house.find_subcommand("open").expect("open").get_arguments().count(), 0);
        house.build();
        let open = house.find_subcommand("open").expect("open");
        assert!(open.get_arguments().any(|argument| argument.get_id() == "wide"));
        assert_eq!(open.get_about().map(ToString::to_string).as_deref(), Some("Open the door"));
        let House::Open(Later(opening)) = House::try_parse_from(["house", "open", "--wide"]).expect("a call");
        assert!(opening.wide);
    }
}
