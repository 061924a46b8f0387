//! Rules over made facts.
