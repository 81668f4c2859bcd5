import {
  GRANT_MUTANTS,
  GRANT_RULE_MUTANTS,
  RETURN_MUTANTS,
  UNWRAP_MUTANTS,
  UPGRADE_MUTANTS,
} from './governed.ts';
import { ELECTION_MUTANTS, SIGNED_MUTANTS, STATEMENT_MUTANTS } from './elections.ts';

/** One wrong rule: `from` stands once in `file` (below `programs/media`) and becomes `to`. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

type Line = readonly [name: string, from: string, to: string];

function of(file: string, lines: readonly Line[]): Mutant[] {
  return lines.map(([name, from, to]) => ({ name, file, from, to }));
}

/** Rules turned wrong one at a time. A test that does not notice is missing. */
export const MUTANTS: readonly Mutant[] = [
  ...of('rules/src/pool.rs', [
    ['quote side counts beyond the MEDIA side', 'quote.min(reserves.media)', 'quote'],
    ['what does not fit counts as nothing', 'map_or(reserves.media,', 'map_or(0,'],
    ['fair value is the MEDIA side alone', 'checked_mul(2)', 'checked_mul(1)'],
    [
      'LP for a fee rounds down',
      'mul_div_up(media, reserves.supply, fair_value',
      'mul_div(media, reserves.supply, fair_value',
    ],
    [
      'a deposit takes the MEDIA side rounded down',
      'media: mul_div_up(lp, reserves.media',
      'media: mul_div(lp, reserves.media',
    ],
    [
      'a deposit takes the quote side rounded down',
      'quote: mul_div_up(lp, reserves.quote',
      'quote: mul_div(lp, reserves.quote',
    ],
    ['a deposit gives LP for the larger side', 'by_media.min(by_quote)', 'by_media.max(by_quote)'],
    ['the fee of a swap rounds down', 'amount_in.checked_sub(mul_div_up(', 'amount_in.checked_sub(mul_div('],
    [
      'first LP owns the locked part',
      'supply.saturating_sub(locked)',
      'supply.saturating_sub(locked - locked)',
    ],
  ]),
  ...of('rules/src/price.rs', [
    ['the ring of prices is twice as dense', 'const SPACING: u32 = 98;', 'const SPACING: u32 = 196;'],
    [
      'a price has moved only at twice the distance',
      '> Wide::product(average, u64::from(bps))',
      '> Wide::product(average, 2 * u64::from(bps))',
    ],
    [
      'a price just at the distance has moved',
      'abs_diff(average), 10_000) >',
      'abs_diff(average), 10_000) >=',
    ],
    ['the average looks back to the point after', 'low.saturating_sub(1)', 'low.min(count - 1)'],
    ['a point of just the age is too young', '>= u64::from(twap_secs);', '> u64::from(twap_secs);'],
  ]),
  ...of('rules/src/quorum.rs', [
    ['two thirds are enough', '3 * u64::from(votes) > 2', '3 * u64::from(votes) >= 2'],
  ]),
  ...of('rules/src/charge.rs', [
    // Without `min` it is the same program: what is not enough for a fee is worth less than it.
    ['a charge covers what is due, whatever there is', 'worth.min(due)', 'due'],
    ['all that came in is kept', 'media.min(covered / 2)', 'media'],
    ['half of the covered is kept whatever came in', 'media.min(covered / 2)', 'covered / 2'],
    ['a week pays what stood behind the set, not half', 'slashable / 2', 'slashable'],
    ['the cap never opens', '.saturating_add(1);', '.min(1).max(1);'],
    [
      'the cap opens a week early',
      'saturating_sub(endorsed_at).saturating_add(1)',
      'saturating_sub(endorsed_at).saturating_add(2)',
    ],
  ]),
  ...of('rules/src/fee.rs', [
    ['fees round down', 'mul_div_up(billable', 'mul_div(billable'],
    [
      'disputed bytes are free',
      'billable.saturating_add(disputed)',
      'billable.saturating_add(disputed - disputed)',
    ],
    ['an absurd fee is none', '1_000_000_000).unwrap_or(u64::MAX)', '1_000_000_000).unwrap_or(0)'],
  ]),
  ...of('rules/src/percentile.rs', [
    ['a slot too few is ignored', '    slots / 20\n', '    (slots / 20).saturating_sub(1)\n'],
    ['a slot too many is ignored', '    slots / 20\n', '    slots / 20 + 1\n'],
    ['slots without an hour do not count', 'if rate == 0 { missing } else { 0 }', '0'],
    ['a lower rate is the percentile too', 'count.above <= ignored && ', ''],
    ['a higher rate is the percentile too', ' && count.at_least > ignored', ''],
    ['the last samples of a month are not looked at', '&& rest.iter().all(|&sample| sample == 0)', ''],
  ]),
  ...of('rules/src/buyback.rs', [
    ['a slice is as large as the fee', 'bps.min(fee_bps / 2)', 'bps.min(fee_bps)'],
    ['a slice has no bound of its own', 'bps.min(fee_bps / 2)', '(bps - bps + fee_bps / 2)'],
    [
      'bounds that are not set are none',
      'if value == 0 { usual } else { value }',
      'if usual == 0 { usual } else { value }',
    ],
  ]),
  ...of('src/instructions/buyback.rs', [
    [
      'buybacks follow each other at once',
      'return Err(error::TOO_EARLY);\n    }\n    require',
      '}\n    require',
    ],
    [
      'a buyback follows a price in motion',
      'require_price_within(&config, &pool, now, bounds.spot_bps)?;',
      '',
    ],
    ['a buyback takes all at once', 'due.min(buyback::most(before.quote, bounds.bps, fee))', 'due'],
    ['what was swapped is swapped again', 'pool.set_u64(pool::TO_BURN, due - amount);', ''],
    ['what was bought is lost', 'pool.add(pool::BOUGHT, out)?;', ''],
    ['the time of a buyback is not kept', 'pool.set_u64(pool::BOUGHT_AT, now);', ''],
    ['a buyback is no change of the price', 'before_change(&config, &pool, now);', ''],
    ['what was burned is burned again', 'pool.set_u64(pool::BOUGHT, 0);', ''],
    ['burns are not kept to the week', 'pool.set_u64(pool::BURNED_WEEK, after);', ''],
    ['another vault is burned', 'pool.require_key(pool::MEDIA_VAULT, vault.address())?;', ''],
    ['another mint is burned', 'config.require_key(config::MEDIA_MINT, mint.address())?;', ''],
  ]),
  ...of('src/instructions/month.rs', [
    ['a month is finalised twice', 'if month < closed {', 'if month + 1 < closed {'],
    ['a month is finalised a second early', 'if time::now()? < periods', 'if time::now()? + 1 < periods'],
    [
      'a month with samples is passed over',
      'if !percentile::is_silent(held(&ring, periods.month_begin(closed), begin)) {',
      'if false {',
    ],
    ['any rate is the percentile', 'if !percentile::is_percentile(samples, missing, rate) {', 'if false {'],
    ['a month stays open', 'resource.set_u32(resource::MONTHS_CLOSED, after);', ''],
    ['samples of a turn before count', 'let until = until.min(head);', ''],
    ["another resource's ring is counted", 'resource.require_key(resource::RING, ring.address())?;', ''],
  ]),
  ...of('rules/src/packed.rs', [
    [
      'a number has several forms',
      'if byte == 0 && shift > 0 { None }',
      'if byte == 0 && shift > 99 { None }',
    ],
  ]),
  ...of('rules/src/range.rs', [
    ['a proof may have steps to spare', 'if used == proof.len()', 'if used <= proof.len()'],
    [
      'a range may reach past the tree',
      'u64::from(first) + count as u64 > u64::from(total)',
      'u64::from(first) + count as u64 > u64::from(total) + 1',
    ],
  ]),
  ...of('rules/src/spans.rs', [
    [
      'a place is free an hour early',
      'position(|span| span.is_empty() || span.until.saturating_add(keep) < hour)',
      'position(|span| span.is_empty() || span.until.saturating_add(keep) <= hour)',
    ],
    [
      'a resource is settled an hour early',
      'all(|span| span.is_empty() || span.until.saturating_add(keep) < hour)',
      'all(|span| span.is_empty() || span.until.saturating_add(keep) <= hour)',
    ],
  ]),
  ...of('rules/src/terms.rs', [
    [
      'terms change an hour early over the pending ones',
      'hour.checked_add(1) == Some(newest)',
      'hour == newest',
    ],
    [
      'terms that are still needed are dropped an hour early',
      'second.saturating_add(keep) < hour',
      'second.saturating_add(keep) <= hour',
    ],
  ]),
  ...of('rules/src/time.rs', [
    ['a month waits for the hour after it', 'after.checked_sub(1)? / SAMPLES', 'after / SAMPLES'],
    [
      'a month gives way while its last samples fit',
      '.div_ceil(u64::from(self.month_slots)',
      '.div_euclid(u64::from(self.month_slots)',
    ],
    ['windows end a second late', 'if now >= until {', 'if now > until {'],
    ['windows open a second late', '} else if now >= from {', '} else if now > from {'],
    ['reveals open when half have committed', 'of > 0 && done >= of', 'of > 0 && 2 * done >= of'],
    ['nobody committed counts as all', 'of > 0 && done >= of', 'done >= of'],
    [
      'commitments are taken as long as reveals',
      'self.after_slots(hour, self.commit_slots)',
      'self.after_slots(hour, self.verdict_slots)',
    ],
    [
      'reports are taken as long as commitments',
      'self.after_slots(hour, self.report_slots)',
      'self.after_slots(hour, self.commit_slots)',
    ],
    [
      'the own set has as long as the late one',
      'u64::from(self.final_hours))\n',
      'u64::from(self.late_hours))\n',
    ],
    [
      'an hour is void a second late',
      'if now >= self.late_until(hour)? {',
      'if now > self.late_until(hour)? {',
    ],
    [
      'an hour is late a second late',
      'if now >= self.own_until(hour)? {',
      'if now > self.own_until(hour)? {',
    ],
    [
      'hours are kept an hour less',
      'verdicts + u64::from(self.final_hours) + u64::from(self.late_hours) + 1',
      'verdicts + u64::from(self.final_hours) + u64::from(self.late_hours)',
    ],
    [
      'verdicts always take an hour',
      'u64::from(self.verdict_slots).div_ceil(SAMPLES)',
      'u64::from(self.verdict_slots > 0)',
    ],
    [
      'hours can be closed a week early',
      '4 * u64::from(self.hours_per_week)',
      '3 * u64::from(self.hours_per_week)',
    ],
  ]),
  ...of('rules/src/weeks.rs', [
    ['a week with something due is overwritten', 'Slot::Due\n', 'Slot::Free\n'],
    ['a newer week is overwritten', '} else if stored > counted {', '} else if stored > counted + 99 {'],
  ]),
  ...of('rules/src/window.rs', [
    [
      'an hour can be recorded twice',
      'Some(byte) if *byte & mask == 0 =>',
      'Some(byte) if *byte & mask == 0 || mask == 1 =>',
    ],
    [
      'hours too old for the window are recorded',
      'return Mark::TooOld;\n    }\n    set(bits, number)\n}\n\n',
      'return Mark::New;\n    }\n    set(bits, number)\n}\n\n',
    ],
  ]),
  ...of('src/instructions/record.rs', [
    [
      'a closed month is sampled anew',
      'if first.wrapping_add(index as u64) >= open {',
      'if open <= u64::MAX {',
    ],
    ['an open month is written over', 'return Err(error::MONTH_OPEN);', 'return Ok(());'],
    ['a month that fits is refused', 'if least <= closed {', 'if least < closed {'],
  ]),
  ...of('src/instructions/genesis.rs', [
    [
      "a month's first hour is written over before its last is decided",
      '<= SAMPLE_RING as u32 + SAMPLES_PER_REPORT',
      '<= SAMPLE_RING as u32 + 2 * SAMPLES_PER_REPORT',
    ],
    [
      'pool fees up to everything',
      'within(ix::POOL_FEE_BPS, 0, 1000)',
      'within(ix::POOL_FEE_BPS, 0, 10_000)',
    ],
    ['unbonding need not outlast two weeks', '>= least_unbonding(args)', '>= 1'],
    [
      'guards may take everything',
      'within(ix::GUARD_SHARE_BPS, 0, 9_999)',
      'within(ix::GUARD_SHARE_BPS, 0, 10_000)',
    ],
    ['commitments may end with the reports', 'commit_slots > report_slots', 'commit_slots >= report_slots'],
    [
      'verdicts may end with the commitments',
      'verdict_slots > commit_slots',
      'verdict_slots >= commit_slots',
    ],
    ['no first quote is needed', '*args.array(ix::QUOTES + ix::quotes_entry::MINT) != [0u8; 32]', 'true'],
    [
      'the short average may be the longer one',
      'within(ix::SPOT_SECS, 1, args.u32(ix::TWAP_SECS))',
      'within(ix::SPOT_SECS, 1, u32::MAX)',
    ],
    [
      'more guards may be needed than fit',
      'within(ix::MIN_GUARDS, 1, max_guards)',
      'within(ix::MIN_GUARDS, 1, u32::MAX)',
    ],
    ['any flag of a quote', '<= QUOTE_FREEZABLE)', '<= 3)'],
  ]),
  ...of('rules/src/vesting.rs', [
    ['allocations vest from genesis on', 'if now < begun {', 'if now < schedule.since {'],
    ['all of an allocation is free when the lock ends', 'if passed >= whole {', 'if passed >= 1 {'],
  ]),
  ...of('src/instructions/founding.rs', [
    ['anything may be locked for a year', '< least {', '< least / 7 {'],
    [
      "the fund's allocation goes to any vault",
      'config.require_key(config::FUND, to.address())?;',
      'let _ = config::FUND;',
    ],
    ['what was released is forgotten', 'RELEASED, vested);', 'RELEASED, released);'],
    [
      'anybody names the next beneficiary',
      'record.require_key(at + founding::allocations_entry::BENEFICIARY, beneficiary.address())?;',
      'let _ = beneficiary;',
    ],
    ['an allocation for nobody is taken', '*each.beneficiary == [0; 32] ||', 'each.beneficiary[0] == 255 ||'],
  ]),
  ...of('rules/src/host_name.rs', [
    ['one label is a domain', 'labels >= 2 &&', 'labels >= 1 &&'],
    ['addresses are domains', '&& !last_is_number', '&& (!last_is_number || labels == 4)'],
    [
      'hyphens may end a label',
      ".all(|edge| edge.is_some_and(|&byte| byte != b'-'))",
      '.all(|edge| edge.is_some())',
    ],
  ]),
  ...of('src/instructions/domain.rs', [
    ['a domain is found by any key', '|| hash::sha256(&[text]) != *args.array(register_ix::KEY)', '|| false'],
    [
      'anybody gives notice',
      'if domain.key(domain::OWNER) != *caller.address() {',
      'if domain.key(domain::OWNER) == *config.address() {',
    ],
    ['a domain ends at once', 'TOO_EARLY);', 'TOO_EARLY).or(Ok(()));'],
    [
      'keeping a domain leaves its notice',
      'domain.set_u64(domain::NOTICE_AT, 0);',
      'domain.set_u64(domain::LP, lp);',
    ],
    [
      'a domain that ends keeps its LP',
      'stake.sub(stake::ALLOCATED, domain.u64(domain::LP))?;',
      'stake.sub(stake::ALLOCATED, 0)?;',
    ],
    [
      'notice by a price in motion',
      'pools::require_settled_price(&config, &pool, now)?;',
      'let _ = &config;',
    ],
  ]),
  ...of('src/instructions/pool.rs', [
    ['a freezable quote needs no flag', 'if !freezable || config', 'if true || !freezable || config'],
    [
      'slippage of a deposit is not looked at',
      'if deposit.lp < ctx.args.u64(add_liquidity::MIN_LP)',
      'if deposit.lp < ctx.args.u64(add_liquidity::MIN_LP) / 2',
    ],
  ]),
  ...of('src/pool.rs', [
    [
      'the average price looks back the timelock',
      'config.u32(config::TWAP_SECS), now)',
      'config.u32(config::TIMELOCK_SECS), now)',
    ],
    [
      'the price of the moment is compared with the long average',
      'config.u32(config::SPOT_SECS), now)',
      'config.u32(config::TWAP_SECS), now)',
    ],
    [
      'a shallow pool gives rights',
      'if behind < config.u64(config::MIN_POOL_MEDIA)',
      'if behind < config.u64(config::MIN_POOL_MEDIA) / 2',
    ],
    [
      'the depth of a pool is its reserve, staked or not',
      'rules::media_behind(pool.u64(pool::STAKED),',
      'rules::media_behind(pool.u64(pool::LP_SUPPLY),',
    ],
  ]),
  ...of('src/voter.rs', [
    [
      'a set decides before its week',
      'set.u64(guard_set::WEEK) <= current &&',
      'set.u64(guard_set::WEEK) <= current + 1 &&',
    ],
    [
      'a guard that left votes on',
      'set.u64(guard_set::WEEK) > time::week_at',
      'set.u64(guard_set::WEEK) > 1 + time::week_at',
    ],
    [
      'the last seat keeps its worth when it moves',
      'set.set_zero(entry(last), guard_set::ENTRIES_STRIDE);',
      '',
    ],
  ]),
  ...of('src/node.rs', [
    ['the operator of a new node has none before it', 'node.set_bytes(fields.previous, operator);', ''],
    [
      'another operator holds at once',
      'let next = hour.checked_add(1).ok_or(error::OVERFLOW)?;',
      'let next = hour;',
    ],
  ]),
  ...of('src/service.rs', [
    [
      'a resource is active in the hour of its authorisation',
      'record.set_u64(span_at(index) + span::FROM, hour.checked_add(1).ok_or(error::OVERFLOW)?);',
      'record.set_u64(span_at(index) + span::FROM, hour);',
    ],
    [
      'a pause holds at once',
      'record.set_u64(span_at(index) + span::UNTIL, hour.checked_add(1).ok_or(error::OVERFLOW)?);',
      'record.set_u64(span_at(index) + span::UNTIL, hour);',
    ],
    [
      'terms hold at once',
      'write_terms(record, index, hour.checked_add(1).ok_or(error::OVERFLOW)?, terms);',
      'write_terms(record, index, hour, terms);',
    ],
  ]),
  ...of('src/instructions/guard.rs', [
    [
      "guards may register with the edge's minimum",
      'config.u64(config::MIN_GUARD_STAKE), now)',
      'config.u64(config::MIN_EDGE_STAKE), now)',
    ],
    ['a guard that leaves keeps its next seat', 'voter::remove(&set, record.u32(guard::NO));', ''],
  ]),
  ...of('src/instructions/guard_set.rs', [
    [
      "guards may join with the edge's minimum",
      'config.u64(config::MIN_GUARD_STAKE), now)',
      'config.u64(config::MIN_EDGE_STAKE), now)',
    ],
    [
      'the earlier of two equals leaves a full set',
      'if worth_of(set, index) <= worth_of(set, lowest) {',
      'if worth_of(set, index) < worth_of(set, lowest) {',
    ],
    [
      'an equal enters a full set',
      'if worth <= worth_of(set, lowest) {',
      'if worth < worth_of(set, lowest) {',
    ],
    [
      'guards may join any week to come',
      'if week != current && week != current + 1 {',
      'if week < current {',
    ],
    [
      'a set copies the dust of nobody',
      'set.set_u64(guard_set::DUST_BYTES, terms.dust_bytes)',
      'set.set_u64(guard_set::DUST_BYTES, terms.fee_per_gb)',
    ],
  ]),
  ...of('src/instructions/report.rs', [
    ["a report's worth forgets the registration", '.min(edge.u64(edge::WORTH));', ';'],
    [
      'an absurd report stops the next one',
      'hour.u64(hour::REPORTED_BYTES).saturating_add(bytes));',
      'hour.u64(hour::REPORTED_BYTES).checked_add(bytes).ok_or(error::OVERFLOW)?);',
    ],
    ['reports of any week', 'if week != periods.week(number) {', 'if week > periods.week(number) {'],
  ]),
  ...of('src/instructions/verdict.rs', [
    ['any payload reveals', '!= own.verdict.bytes::<32>(verdict::COMMITMENT)', '== [0; 32]'],
    [
      'a commitment may be made to any week',
      'if week != periods.week(number) {',
      'if week > periods.week(number) {',
    ],
    [
      'the size of a payload has no bound',
      'if end > most_bytes(own.hour.u32(hour::REPORTS)) {',
      'if end > 9_000 + most_bytes(own.hour.u32(hour::REPORTS)) {',
    ],
    ['a verdict is revealed twice', 'own.verdict.set_status(status::REVEALED);', ''],
    [
      'a final hour takes commitments',
      'if hour.status() == hour_status::FINAL {',
      'if hour.status() == hour_status::FINAL + 9 {',
    ],
  ]),
  ...of('src/instructions/verdict.rs', [
    [
      'a verdict may leave out what its guard has not seen',
      'ctx.args.u32(commit_ix::REPORTS) != hour.u32(hour::REPORTS)',
      'ctx.args.u32(commit_ix::REPORTS) > hour.u32(hour::REPORTS)',
    ],
    [
      'a verdict may be of reports to come',
      'ctx.args.u32(commit_ix::REPORTS) != hour.u32(hour::REPORTS)',
      'ctx.args.u32(commit_ix::REPORTS) < hour.u32(hour::REPORTS)',
    ],
  ]),
  ...of('src/instructions/authorise.rs', [
    [
      'a resource is let in with settings that nobody has looked at',
      'ctx.args.u32(ix::authorise::SETTINGS_VERSION) != resource.u32(resource::SETTINGS_VERSION)',
      'ctx.args.u32(ix::authorise::SETTINGS_VERSION) > resource.u32(resource::SETTINGS_VERSION)',
    ],
  ]),
  ...of('src/instructions/settings.rs', [
    ['votes outlive the settings that were looked at', '    drop_votes(&resource);\n', ''],
  ]),
  ...of('src/instructions/close.rs', [
    [
      'what an hour was decided from can go at once',
      '    require_closable(&config, number)?;\n    pda::close(view, payer)\n}\n\npub fn close_hour',
      '    pda::close(view, payer)\n}\n\npub fn close_hour',
    ],
  ]),
  ...of('src/instructions/hour.rs', [
    [
      'hours are decided without reveals',
      'if phase == Phase::Own && !quorum::decides(reveals, voter.count) {',
      'if phase == Phase::Own && reveals == 0 {',
    ],
    ['votes of another set count on', 'hour.set_u32(hour::VOTE_COUNT, 0);', ''],
    [
      'the number of leaves needs no agreement',
      'hour.u32(vote + hour::votes_entry::LEAVES) == leaves && ',
      '',
    ],
    [
      'a decided hour is decided again',
      'if hour.status() == hour_status::FINAL {',
      'if hour.status() == hour_status::FINAL && now == 0 {',
    ],
    [
      'an hour is decided on some of its reports',
      'ctx.args.u32(ix::REPORTS) != hour.u32(hour::REPORTS) || ',
      '',
    ],
    ['an hour is decided on some of its reveals', ' || ctx.args.u32(ix::REVEALS) != reveals', ''],
  ]),
  ...of('src/instructions/charge.rs', [
    [
      'late money rewards a decided week',
      'Place::Here(epoch) if epoch.status() == epoch_status::OPEN => Ok(Some(epoch)),',
      'Place::Here(epoch) if epoch.status() != 77 => Ok(Some(epoch)),',
    ],
    [
      'a debt paid late is kept for rewards',
      'purse.through.config.add(config::LATE, paid.media)?;',
      'purse.through.config.add(config::KEPT, paid.media)?;',
    ],
    [
      'votes outlive what they were computed on',
      '            drop_votes(&epoch);\n',
      '            epoch.set_u32(epoch::LATER_COUNT, 0);\n',
    ],
    [
      'votes of a later set outlive what they were computed on',
      '    epoch.set_u32(epoch::LATER_COUNT, 0);\n',
      '',
    ],
    ['charges look at no price', 'pools::require_settled_price(config, pool, now)?;', ''],
    ['a stake that is used up is served on', 'resource.set_status(resource_status::EXHAUSTED);', ''],
  ]),
  ...of('src/instructions/epoch.rs', [
    [
      'the set that decided endorses itself',
      'if !own && epoch.u64(epoch::DECIDED_WEEK) < set_week',
      'if !own',
    ],
    ['rewards above what was kept', 'if proposal.rewards > kept {', 'if proposal.rewards / 2 > kept {'],
    [
      'a week is decided by who has not seen its last charge',
      'if ctx.args.u64(ix::KEPT) != kept {',
      'if ctx.args.u64(ix::KEPT) > kept {',
    ],
    ['a later set endorses whatever it wants', 'if decided && agrees {', 'if decided {'],
    ['any set of a later week', 'if set_week != week && set_week != current {', 'if set_week < week {'],
    ['the week need not be over', 'if week >= current {', 'if week > current {'],
    ['later votes outlive a decision', 'epoch.set_u32(epoch::LATER_COUNT, 0);\n    Ok(())', 'Ok(())'],
  ]),
  ...of('src/instructions/claim.rs', [
    [
      'decided is as good as endorsed',
      'if epoch.status() != epoch_status::ENDORSED {',
      'if epoch.status() == 0 {',
    ],
    ['a claim is paid over the cap', 'if paid > most {', 'if paid / 2 > most {'],
    ['a week is claimed without end', 'record.set_bytes(claim::CLAIMED, &claimed);', ''],
  ]),
  ...of('src/instructions/resource.rs', [
    [
      'a change of terms sets aside nothing',
      'let lp = if asked == 0 { before } else { asked };',
      'let lp = asked;',
    ],
    ['a blank ring of somebody else can be attached', '!= *view.address().as_array()', '== [0; 32]'],
    [
      'LP leaves while something is due',
      'if service::has_due(&resource) || resource.u64(resource::DEBT) > 0 {',
      'if resource.u64(resource::DEBT) > 0 {',
    ],
    [
      'LP leaves a paused resource at once',
      'resource.status() != status::PAUSED || !service::is_settled(&resource, &periods, hour)',
      'resource.status() != status::PAUSED',
    ],
    [
      'a resource with debt is released',
      'if resource.u64(resource::DEBT) > 0 {\n        return Err(error::DEBT_OPEN);\n    }\n    let lp',
      'let lp',
    ],
  ]),
  ...of('src/instructions/stake.rs', [
    ['unbonding ends a second early', 'if time::now()? < due {', 'if time::now()? + 1 < due {'],
    ['a working node may unbond below its minimum', '< minimum {', '< minimum / 2 {'],
    [
      'what is set aside may unbond',
      'if rest < stake.u64(stake::ALLOCATED).saturating_add(',
      'if rest < (stake.u64(stake::ALLOCATED) / 2).saturating_add(',
    ],
  ]),
  ...of('rules/src/season.rs', [
    ['what joins is as old as the rest', 'self.added_at = now;', ''],
    ['a level counts for more than there is', 'level.amount.min(held))', 'level.amount)'],
    [
      'what was taken out stays old',
      '            level.amount = level.amount.min(most);\n',
      '            let _ = most;\n',
    ],
    [
      'what is just old enough is young',
      'if u64::from(self.added_at) <= moment {',
      'if u64::from(self.added_at) < moment {',
    ],
  ]),
  ...of('rules/src/ballot.rs', [
    ['a tie passes', 'votes_for > votes_against &&', 'votes_for >= votes_against &&'],
    ['a vote short of the quorum passes', '&& votes_for >= quorum', '&& votes_for + 1 >= quorum'],
    ['the deposit rounds down', 'mul_div_up(quote, 1 << 32', 'mul_div(quote, 1 << 32'],
    ['a deposit has no floor', '.max(floor)', '.max(floor - floor)'],
    ['grants spend what others are owed', '.saturating_sub(owed)', '.saturating_sub(owed - owed)'],
    [
      'grants spend what weeks have kept',
      'balance.saturating_sub(kept.saturating_sub(claimed))',
      'balance.saturating_sub(kept - kept).max(claimed - claimed)',
    ],
    ['a grant is a fiftieth of the fund', 'amount <= free / 100', 'amount <= free / 50'],
    [
      'a quarter has a tenth of the fund',
      'free.saturating_add(granted) / 20',
      'free.saturating_add(granted) / 10',
    ],
    [
      'a parameter moves by three times',
      'after / 2 + after % 2 <= before',
      'after / 3 + after % 2 <= before',
    ],
  ]),
  ...of('src/proposal.rs', [
    ['executed twice', 'status::EXECUTED => return Err(error::ALREADY_DECIDED),', 'status::EXECUTED => {}'],
    [
      'executed early',
      'if now < proposal.u64(proposal::EXECUTABLE_AT) {',
      'if now + 1 < proposal.u64(proposal::EXECUTABLE_AT) {',
    ],
    [
      'executed after its time',
      'if now >= proposal.u64(proposal::EXPIRES_AT) {\n        return',
      'if now > proposal.u64(proposal::EXPIRES_AT) {\n        return',
    ],
    ['what a kind does not have may be set', '|| mask & !known != 0', ''],
    ['parameters move as far as their bounds', '(!parameter.gradual ||', '(true ||'],
    ['an expired proposal keeps its voters', ' || now >= proposal.u64(proposal::EXPIRES_AT)\n', '\n'],
  ]),
  ...of('src/instructions/vote.rs', [
    [
      'votes after the end',
      'if now >= self.proposal.u64(proposal::VOTING_ENDS_AT) {',
      'if now > self.proposal.u64(proposal::VOTING_ENDS_AT) {',
    ],
    [
      'LP votes with both of its sides',
      'pools::worth(&config, &pool, lp, now)? / 2',
      'pools::worth(&config, &pool, lp, now)?',
    ],
    ['a vote is closed while it counts', 'if !proposals::is_over(&proposal, time::now()?) {', 'if false {'],
    ["somebody else's lock votes", 'source.require_key(lock::OWNER, owner.address())?;', ''],
  ]),
  ...of('src/instructions/lock.rs', [
    [
      'what has voted leaves',
      'if record.u32(lock::OPEN_VOTES) > 0 {',
      'if record.u32(lock::OPEN_VOTES) > 9 {',
    ],
  ]),
  ...of('src/instructions/propose.rs', [
    [
      'a deposit comes back twice',
      '    record.set_u64(proposal::DEPOSIT, 0);\n    token::pay(vault, proposer_media',
      '    token::pay(vault, proposer_media',
    ],
    [
      'a rejected deposit stays in the vault',
      'token::pay(vault, fund, &config, deposit)',
      'token::pay(vault, fund, &config, deposit - deposit)',
    ],
    [
      'any pool says what the deposit is worth',
      '    pool.require_key(pool::QUOTE_MINT, &config.key(config::QUOTES + config::quotes_entry::MINT))?;\n',
      '',
    ],
  ]),
  ...of('src/instructions/execute.rs', [
    [
      'another resource is removed',
      '    proposal.require_key(proposal::ACTION + actions::remove_resource::RESOURCE, resource.address())?;\n',
      '',
    ],
    ['terms of a begun week change', '        terms::before_change(&config, now)?;\n', ''],
  ]),
  ...of('src/instructions/grant.rs', GRANT_MUTANTS),
  ...of('src/proposal.rs', GRANT_RULE_MUTANTS),
  ...of('src/instructions/guard_set.rs', [
    [
      'a barred guard joins',
      'week < guard.u64(guard::BARRED_UNTIL)',
      'week + 9_999 < guard.u64(guard::BARRED_UNTIL)',
    ],
  ]),
  ...of('src/instructions/upgrade.rs', UPGRADE_MUTANTS),
  ...of('src/unwrap.rs', UNWRAP_MUTANTS),
  ...of('src/node.rs', RETURN_MUTANTS),
  ...of('src/instructions/election.rs', ELECTION_MUTANTS),
  ...of('src/signed.rs', SIGNED_MUTANTS),
  ...of('rules/src/statement.rs', STATEMENT_MUTANTS),
];
