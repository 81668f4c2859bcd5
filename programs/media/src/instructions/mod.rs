//! The handlers, one file for what belongs together.

pub mod authorise;
pub mod charge;
pub mod claim;
pub mod close;
pub mod edge;
pub mod epoch;
pub mod genesis;
pub mod guard;
pub mod guard_set;
pub mod hour;
pub mod pool;
pub mod record;
pub mod report;
pub mod resource;
pub mod settings;
pub mod stake;
pub mod verdict;
