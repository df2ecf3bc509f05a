//! The builder of the book.
