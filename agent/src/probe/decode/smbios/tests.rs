//! Tables made up and real.
