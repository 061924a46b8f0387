//! Models of small sequences of events, made by hand.

mod any;
mod attempts;
mod bounds;
mod calls;
mod ends;
mod made;
mod searches;
mod servers;
