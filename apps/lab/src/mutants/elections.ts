type Line = readonly [name: string, from: string, to: string];

/** Rules of `src/instructions/election.rs` turned wrong. */
export const ELECTION_MUTANTS: readonly Line[] = [
  [
    'election: a bond below what is asked is enough',
    'if taken.covered < wanted {',
    'if taken.covered < wanted && taken.covered == 0 {',
  ],
  [
    'election: what is bound already is bound again',
    'saturating_sub(backing.stake.u64(stake::BONDED))',
    'saturating_sub(backing.stake.u64(stake::BONDED) - backing.stake.u64(stake::BONDED))',
  ],
  ['election: evidence is shown at once', 'if self.now < open_from {', 'if self.now < open_from - delay {'],
  [
    'election: any evidence opens a commitment',
    '!= self.evidence.bytes::<32>(evidence::COMMITMENT)',
    '== [0; 32]',
  ],
  [
    'election: an owner elects its own',
    'if guard.key(guard::OWNER) == accused',
    'if guard.key(guard::STAKE) == accused',
  ],
  ['election: an hour to come counts', 'if self.hour > current {', 'if self.hour > current + 1 {'],
  [
    'election: old evidence counts for ever',
    'if self.now > electable_until(&self.config, &self.periods, self.hour)? {',
    'if self.now < self.hour {',
  ],
  [
    'election: new stake falls for what was before',
    'if removed_at > 0 && self.hour <=',
    'if removed_at > 0 && self.hour <',
  ],
  [
    'election: a removed node is elected again',
    'if self.accused.status() == node_status::REMOVED {',
    'if self.accused.status() == u8::MAX {',
  ],
  [
    'election: the same word twice contradicts itself',
    'if !statement::differ(a.message, b.message) {',
    'if a.message.is_empty() {',
  ],
  [
    'election: anybody signs for the accused',
    'if *key != self.node.key_in(&self.accused, hour) {',
    'if *key == [0; 32] {',
  ],
  [
    'election: the key of today signed in all hours',
    'if hour < record.u64(self.from) { self.previous }',
    'if hour < record.u64(self.from) { self.operator }',
  ],
  ['election: stake falls without a report', 'Ok(u32::from(self.reported.is_some()))', 'Ok(1)'],
  [
    'election: a commit of any hour accuses of this one',
    'if statement::same_moment(a, b) && a.hour == self.hour',
    'if statement::same_moment(a, b)',
  ],
  [
    'election: a commitment of the same second takes the place',
    '>= record.u64(election::COMMITTED_AT)',
    '> record.u64(election::COMMITTED_AT)',
  ],
  [
    'election: a place is taken when votes are over',
    'if self.now >= votes_until(&self.config, record)? {',
    'if self.now == 0 {',
  ],
  [
    'election: a bogus number takes the place of another elector',
    'if self.number as u32 != self.guard.u32(guard::NO) {',
    'if self.number as u32 == u32::MAX {',
  ],
  [
    'election: one more at once than there may be',
    '>= most_elections(&case.config) {',
    '> most_elections(&case.config) {',
  ],
  [
    'election: votes count after their time',
    'if now >= votes_until(&config, &record)? && !appealed {',
    'if now > votes_until(&config, &record)? && !appealed {',
  ],
  [
    'election: the accused judges itself',
    'if record.key(election::ACCUSED) == *guard_view.address() {',
    'if record.key(election::ELECTOR_OWNER) == *guard_view.address() {',
  ],
  [
    'election: an appeal gives no time',
    'record.set_u64(election::ENDS_AT, ends_at.max(',
    'record.set_u64(election::ENDS_AT, ends_at.min(',
  ],
  [
    'election: it ends a second early',
    'if now < record.u64(election::ENDS_AT) {',
    'if now + 1 < record.u64(election::ENDS_AT) {',
  ],
  [
    'election: stake falls to a bare word',
    'if record.u32(election::SLASHES) == 0 { election_status::REMOVED }',
    'if record.u32(election::SLASHES) == 2 { election_status::REMOVED }',
  ],
  [
    'election: what is unbonding does not fall',
    '.checked_add(accused_stake.u64(stake::UNBONDING))',
    '.checked_add(accused_stake.u64(stake::UNBONDING) / 2)',
  ],
  ['election: the elector gets a quarter', '0 => 2_000,', '0 => 2_500,'],
  [
    'election: a bond that was lost is free as well',
    'elector_stake.sub(stake::LP, lp)?;',
    'elector_stake.sub(stake::LP, lp / 2)?;',
  ],
  [
    'election: what fell counts as kept for nobody',
    'through.config.add(config::LATE, media)?;',
    'through.config.add(config::LATE, media / 2)?;',
  ],
  [
    'election: it closes while its evidence counts',
    'if time::now()? <= electable_until',
    'if time::now()? < electable_until',
  ],
];

/** Rules of `src/signed.rs` turned wrong. */
export const SIGNED_MUTANTS: readonly Line[] = [
  ['signed: one signature is enough', 'if *self.0.first()? != 2 {', 'if *self.0.first()? < 1 {'],
  ['signed: the signature may stand elsewhere', 'if u16_at(1) != ITSELF ||', 'if'],
  ['signed: the key may stand elsewhere', '|| u16_at(3) != ITSELF ', ''],
  ['signed: the message may stand elsewhere', '|| u16_at(6) != ITSELF {', '{'],
  [
    'signed: any program verifies',
    'if record.key(program) != ED25519 {',
    'if record.key(program) == Address::default() {',
  ],
];

/** Rules of `rules/src/statement.rs` turned wrong. */
export const STATEMENT_MUTANTS: readonly Line[] = [
  ['statement: a counter of any moment', '&& a.slot == b.slot', ''],
  ['statement: counters of two runs add up', '|| before.boot != after.boot ', ''],
  [
    'statement: the hour of the first commit counts',
    'before.hour < hour && hour',
    'before.hour <= hour && hour',
  ],
  ['statement: no slack', 'saturating_add(slack)', 'saturating_add(slack / 2)'],
  [
    'statement: views of any length',
    'u32_at(body, 104)? as usize * 32 {',
    'u32_at(body, 104)? as usize * 33 {',
  ],
];
