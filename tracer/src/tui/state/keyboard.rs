//! Whose keys are typed: the viewer's, or those of the recorded command.

use super::{State, View};

/// Who gets what is typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::tui) enum Keyboard {
    /// The viewer; there is no command to type to.
    #[default]
    Alone,
    /// The viewer.
    Viewer,
    /// The command.
    Command,
}

impl State {
    /// Gives the keyboard to the command, and shows what it says.
    pub(super) fn hand_keyboard(&mut self) {
        if self.keyboard == Keyboard::Alone {
            "there is no command to type to; run --tui has one".clone_into(&mut self.message);
            return;
        }
        self.view = View::Log;
        self.follow_the_end();
        self.keyboard = Keyboard::Command;
    }

    /// Takes it back.
    pub(in crate::tui) fn take_keyboard(&mut self) {
        self.message.clear();
        self.keyboard = Keyboard::Viewer;
    }

    /// The recording has ended, and nobody is there to type to; true when that is new.
    pub(in crate::tui) fn keyboard_of_nobody(&mut self) -> bool {
        let over = !self.book.recording().grows() && self.keyboard != Keyboard::Alone;
        if over {
            if self.keyboard == Keyboard::Command {
                "the command has ended".clone_into(&mut self.message);
            }
            self.keyboard = Keyboard::Alone;
        }
        over
    }
}
