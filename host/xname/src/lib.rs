//! Component ids: xnames, ranges, folding and set operations.
