//! Evidence for the oracle: that lines are read and answered as they should be. What the losses
//! compute is tested beside this folder.

mod dialects;
mod lines;
