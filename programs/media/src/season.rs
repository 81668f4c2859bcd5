//! What of a lock or stake has been there since a moment (`docs/governance.md`, Weight).

use media_rules::season::{LEVELS, Level, Seasons, spacing};

use crate::account::Record;
use crate::layout::{config, lock, stake};

/// Where an account keeps since when its parts have been there.
pub struct Fields {
    added_at: usize,
    levels: usize,
}

pub const LOCK: Fields = Fields { added_at: lock::ADDED_AT, levels: lock::SEASONED };
pub const STAKE: Fields = Fields { added_at: stake::ADDED_AT, levels: stake::SEASONED };

use lock::seasoned_entry as level;
const STRIDE: usize = lock::SEASONED_STRIDE;
const _: () = assert!(STRIDE == stake::SEASONED_STRIDE && lock::SEASONED_LENGTH == LEVELS && stake::SEASONED_LENGTH == LEVELS);

fn load(record: &Record<'_>, fields: &Fields) -> Seasons {
    let mut seasons = Seasons { added_at: record.u32(fields.added_at), levels: [Level::default(); LEVELS] };
    for (index, each) in seasons.levels.iter_mut().enumerate() {
        let at = fields.levels + index * STRIDE;
        *each = Level { amount: record.u64(at + level::AMOUNT), since: record.u32(at + level::SINCE) };
    }
    seasons
}

/// To be called before anything joins the `held` of an account.
#[inline(never)]
pub fn add(record: &Record<'_>, fields: &Fields, held: u64, config: &Record<'_>, now: u64) {
    let mut seasons = load(record, fields);
    // Seconds of 136 years; what comes later counts as of their end.
    let now = u32::try_from(now.saturating_sub(config.u64(config::EPOCH_ZERO))).unwrap_or(u32::MAX);
    seasons.add(held, now, spacing(config.u32(config::SEASONING_SECS), config.u32(config::VOTING_SECS)));
    record.set_u32(fields.added_at, seasons.added_at);
    for (index, each) in seasons.levels.iter().enumerate() {
        let at = fields.levels + index * STRIDE;
        record.set_u64(at + level::AMOUNT, each.amount);
        record.set_u32(at + level::SINCE, each.since);
    }
}

/// What of the `held` of an account has been there since `moment`, Unix seconds.
#[inline(never)]
pub fn since(record: &Record<'_>, fields: &Fields, held: u64, config: &Record<'_>, moment: u64) -> u64 {
    // Nothing is older than the network.
    match moment.checked_sub(config.u64(config::EPOCH_ZERO)) {
        Some(moment) => load(record, fields).since(held, moment),
        None => 0,
    }
}
