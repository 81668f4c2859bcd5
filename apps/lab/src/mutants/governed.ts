type Line = readonly [name: string, from: string, to: string];

/** What a proposal of a grant must say (`src/proposal.rs`). */
export const GRANT_RULE_MUTANTS: readonly Line[] = [
  ['a grant is over before a vote can stop it', 'u64::from(secs) >= GRANT_STOPS * stopping', 'secs > 0'],
  [
    'a grant may be a second too short',
    'u64::from(secs) >= GRANT_STOPS * stopping',
    'u64::from(secs) + 1 >= GRANT_STOPS * stopping',
  ],
  [
    'only voting counts of what a vote takes that stops a grant',
    'u64::from(config.u32(config::VOTING_SECS)) + u64::from(config.u32(config::TIMELOCK_SECS));',
    'u64::from(config.u32(config::VOTING_SECS)) * 2;',
  ],
  ['a grant lasts longer than four years', 'secs <= MAX_GRANT_SECS &&', 'secs / 2 <= MAX_GRANT_SECS &&'],
  ['a grant of nothing', 'action.u64(it::AMOUNT) > 0 && is_timed', 'is_timed'],
  ['a grant to nobody', '!is_zero(it::RECIPIENT) && action.u64(it::AMOUNT)', 'action.u64(it::AMOUNT)'],
  ['the first grant is stopped by none', 'action.u64(actions::stop_grant::GRANT) > 0', 'true'],
  ['something stands behind what a proposal says', 'if !fits || !action.ends_at(end) {', 'if !fits {'],
];

/** `src/instructions/grant.rs` */
export const GRANT_MUTANTS: readonly Line[] = [
  ['a grant is paid again', '    record.add(grant::PAID, due)?;\n', ''],
  ['a stopped grant goes on', '    record.set_u64(grant::STOPPED_AT, now);\n', ''],
  [
    'a grant is of no quarter',
    'config.set_u32(config::GRANT_QUARTER, quarter);',
    'config.set_u32(config::GRANT_QUARTER, 0);',
  ],
  [
    'grants of a quarter are not added up',
    'config.set_u64(config::GRANTED, granted.checked_add(amount).ok_or(error::OVERFLOW)?);',
    'config.set_u64(config::GRANTED, amount);',
  ],
  ['what a grant promises is not owed', '    config.add(config::GRANTS_OWED, amount)?;\n', ''],
  ['what was paid of a grant is still owed', '    config.sub(config::GRANTS_OWED, due)?;\n', ''],
  [
    'what a stopped grant earns no more is still owed',
    'config.sub(config::GRANTS_OWED, record.u64(grant::AMOUNT) - earned(&record, now))?;',
    '',
  ],
  [
    'a stopped grant is owed nothing more',
    'record.u64(grant::AMOUNT) - earned(&record, now))?;',
    'record.u64(grant::AMOUNT) - record.u64(grant::PAID))?;',
  ],
  [
    'a grant is stopped again',
    '    if record.u64(grant::STOPPED_AT) > 0 {\n        return Err(error::ALREADY_DECIDED);\n    }\n',
    '',
  ],
  [
    'another grant is stopped',
    'if Action::of(&proposal).u64(actions::stop_grant::GRANT) != number {',
    'if number == 0 {',
  ],
  [
    'a grant has the number of another proposal',
    'if proposal.u64(proposal::NUMBER) != number {',
    'if number == 0 {',
  ],
  [
    'a grant is paid to anybody',
    '    token::require_owned(recipient_media, &config.key(config::MEDIA_MINT), &record.key(grant::RECIPIENT))?;\n',
    '',
  ],
];

/** `src/instructions/upgrade.rs` */
export const UPGRADE_MUTANTS: readonly Line[] = [
  [
    'upgrade: any program of the length is put in force',
    'if until == length && digest != *action.array(actions::upgrade::DIGEST) {',
    'if until > length {',
  ],
  [
    'upgrade: a buffer that its owner can change',
    'record.u8(BUFFER_HAS_AUTHORITY) != 1 || record.key(BUFFER_AUTHORITY) != *authority',
    'record.u8(BUFFER_HAS_AUTHORITY) != 1',
  ],
  ['upgrade: slices of another buffer', '        && proposal.key(proposal::CHECKED_BUFFER) == *buffer\n', ''],
  [
    'upgrade: slices are left out',
    'proposal.u32(proposal::CHECKED_BYTES) == bytes',
    'proposal.u32(proposal::CHECKED_BYTES) <= bytes',
  ],
  [
    'upgrade: a buffer that was used up counts',
    '        && proposal.u32(proposal::CHECKED_BEFORE) == config.u32(config::UPGRADES)\n',
    '',
  ],
  ['upgrade: upgrades are not counted', '    config.set_u32(config::UPGRADES, upgrades);\n', ''],
  ['upgrade: it is carried out again', '    set_executed(&proposal, now);\n', ''],
  [
    'upgrade: slices before do not count',
    'hash::sha256(&[&proposal.bytes::<32>(proposal::CHECKED_DIGEST), bytes])',
    'hash::sha256(&[&[0; 32], bytes])',
  ],
  [
    'upgrade: a beginning goes on from what was there',
    '        proposal.set_bytes(proposal::CHECKED_DIGEST, &[0; 32]);\n',
    '',
  ],
];

/** `src/unwrap.rs` */
export const UNWRAP_MUTANTS: readonly Line[] = [
  ['unwrap: what is unwrapped stays staked', '        self.pool.sub(pool::STAKED, lp)?;\n', ''],
  ['unwrap: its quote is bought back by nobody', '        self.pool.add(pool::TO_BURN, quote)?;\n', ''],
  ['unwrap: the price does not notice', '        pools::before_change(&self.config, &self.pool, now);\n', ''],
  ['unwrap: LP stays', '        token::burn_vault(self.lp_vault, self.lp_mint, &self.config, lp)?;\n', ''],
  ['unwrap: MEDIA stays', '        token::pay(self.media_vault, self.fund, &self.config, media)?;\n', ''],
  [
    'unwrap: another account than the fund is paid',
    'self.config.require_key(config::FUND, self.fund.address())',
    'Ok(())',
  ],
];

/** `src/node.rs` */
export const RETURN_MUTANTS: readonly Line[] = [
  ['a node is registered twice', 'if node.status() == node_status::ACTIVE {', 'if false {'],
  ['a node shakes off its elections', 'if node.u32(fields.elections) > 0 {', 'if false {'],
  [
    'another stake is put in the place of the right one',
    'node.key(fields.stake) != *backing.stake.address() && now <= answers_until',
    'false',
  ],
  [
    'another stake comes a second early',
    'node.key(fields.stake) != *backing.stake.address() && now <= answers_until',
    'node.key(fields.stake) != *backing.stake.address() && now < answers_until',
  ],
  ['a removed node comes back in its week', 'if later && backing.stake', 'if backing.stake'],
  [
    'a removed node comes back with the stake it had',
    'later && backing.stake.u64(stake::SINCE) > removed_at',
    'later',
  ],
];
