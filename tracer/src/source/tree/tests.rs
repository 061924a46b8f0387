//! Made trees, and what is found in them.
