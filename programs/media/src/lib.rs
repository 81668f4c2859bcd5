//! The on-chain program of Media Network: stakes, evidence, fees, rewards.
//! The rules are in `docs/chain.md`; accounts and instructions in `packages/chain/src/schema/`.
#![no_std]

mod account;
mod context;
mod entrypoint;
mod hash;
mod instructions;
#[rustfmt::skip]
mod layout;
mod memory;
mod node;
mod pda;
mod pool;
mod proposal;
mod season;
mod service;
mod signed;
mod terms;
mod time;
mod token;
mod unwrap;
mod voter;
