//! Evidence for the oracle: that lines are read and answered as they should be,
//! and that verdicts are right. What the losses
//! compute is tested beside this folder.

mod dialects;
mod generate;
mod judge;
mod lines;
mod planted;
mod rounded;
mod vectors;
