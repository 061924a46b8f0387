//! What a pass over a long recording gave, kept and shown again.

use super::{Action, View, screen, settle, state};

#[test]
fn what_is_known_from_before_is_shown_at_once_and_read_again() {
    // One event a frame makes the recording a long one.
    let mut first = state(1);
    assert!(!first.is_worth_keeping(), "nothing was read yet");
    settle(&mut first);
    assert!(first.is_worth_keeping(), "a long recording was read");
    assert!(!first.is_worth_keeping(), "once is enough");
    let mut bytes = Vec::new();
    first.snapshot(&mut bytes).expect("it is written");
    let mut second = state(1);
    assert!(second.restore(&bytes));
    assert_eq!(second.head, first.head);
    let views = [View::Overview, View::Timeline, View::Log, View::Libraries];
    for view in views {
        first.act(Action::Show(view));
        second.act(Action::Show(view));
        let (known, shown) = (screen(&mut first, 110, 40), screen(&mut second, 110, 40));
        // The last lines tell that it is read again.
        let body = |screen: &str| {
            screen
                .lines()
                .take(35)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(body(&known), body(&shown));
    }
    assert!(screen(&mut second, 160, 40).contains("read again"));
    settle(&mut second);
    assert!(!screen(&mut second, 160, 40).contains("read again"));
    assert_eq!(second.digest.failures, first.digest.failures);
    let mut other = state(40);
    assert!(
        other.restore(&bytes),
        "the same events in other frames are the same"
    );
    let mut damaged = state(1);
    assert!(!damaged.restore(&bytes[..bytes.len() / 2]));
}
