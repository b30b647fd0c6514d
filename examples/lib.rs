//! Nothing of its own: the examples beside this file are the content.
