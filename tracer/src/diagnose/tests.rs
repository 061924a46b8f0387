//! Tests of rules over models made by hand.
