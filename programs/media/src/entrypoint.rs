//! Every instruction's way in: its shape is checked, then its handler runs.

use pinocchio::{AccountView, Address, ProgramResult, no_allocator, nostd_panic_handler, program_entrypoint};

use crate::context::{Args, Ctx, check_shape};
use crate::instructions::*;
use crate::layout::{error, ix};

/// More than any instruction takes, so that superfluous accounts are seen and refused.
const MAX_ACCOUNTS: usize = 64;

program_entrypoint!(process, { MAX_ACCOUNTS });
no_allocator!();
nostd_panic_handler!();

/// Maps ids to handlers. Each gets a stack frame of its own: inlined together they would exceed it.
macro_rules! route {
    ($ctx:expr, $id:expr, { $($name:ident => $handler:path),* $(,)? }) => {
        match $id {
            $(ix::$name::CODE => {
                #[inline(never)]
                fn enter(ctx: &Ctx<'_>) -> ProgramResult {
                    $handler(ctx)
                }
                enter($ctx)
            })*
            _ => Err(error::INVALID_INSTRUCTION),
        }
    };
}

fn process(program: &Address, accounts: &mut [AccountView], data: &[u8]) -> ProgramResult {
    let (&id, data) = data.split_first().ok_or(error::INVALID_INSTRUCTION)?;
    let shape = ix::SHAPES.get(id as usize).ok_or(error::INVALID_INSTRUCTION)?;
    check_shape(shape, accounts, data)?;
    let ctx = &Ctx { program, accounts, args: Args(data) };
    route!(ctx, id, {
        genesis => genesis::genesis,
        create_pool => pool::create_pool,
        add_liquidity => pool::add_liquidity,
        remove_liquidity => pool::remove_liquidity,
        swap => pool::swap,
        stake => stake::stake,
        begin_unbond => stake::begin_unbond,
        withdraw => stake::withdraw,
        register_guard => guard::register_guard,
        update_guard => guard::update_guard,
        leave_guard => guard::leave_guard,
        register_edge => edge::register_edge,
        update_edge => edge::update_edge,
        leave_edge => edge::leave_edge,
        join_guard_set => guard_set::join_guard_set,
        register_resource => resource::register_resource,
        attach_ring => resource::attach_ring,
        open_settings => settings::open_settings,
        write_settings => settings::write_settings,
        seal_settings => settings::seal_settings,
        update_resource => resource::update_resource,
        pause_resource => resource::pause_resource,
        remove_resource => resource::remove_resource,
        release_resource => resource::release_resource,
        authorise => authorise::authorise,
        refresh_quota => authorise::refresh_quota,
        submit_report => report::submit_report,
        propose_hour => hour::propose_hour,
        record => record::record,
        charge => charge::charge,
        propose_epoch => epoch::propose_epoch,
        claim => claim::claim,
        close_report => close::close_report,
        close_hour => close::close_hour,
        commit_verdict => verdict::commit_verdict,
        write_verdict => verdict::write_verdict,
        reveal_verdict => verdict::reveal_verdict,
        pay_debt => charge::pay_debt,
        close_verdict => close::close_verdict,
        close_set => close::close_set,
        close_epoch => close::close_epoch,
        finalise_month => month::finalise_month,
        buyback => buyback::buyback,
        burn_bought => buyback::burn_bought,
        release => founding::release,
        change_beneficiary => founding::change_beneficiary,
        commit_evidence => election::commit_evidence,
        withdraw_evidence => election::withdraw_evidence,
        elect => election::elect,
        vote_election => election::vote_election,
        appeal_election => election::appeal_election,
        finalise_election => election::finalise_election,
        close_election => election::close_election,
        register_domain => domain::register_domain,
        notice_domain => domain::notice_domain,
        keep_domain => domain::keep_domain,
        free_domain => domain::free_domain,
        lock_media => lock::lock_media,
        unlock_media => lock::unlock_media,
        propose => propose::propose,
        cast_vote => vote::cast_vote,
        cast_stake_vote => vote::cast_stake_vote,
        close_vote => vote::close_vote,
        finalise_proposal => propose::finalise_proposal,
        refund_deposit => propose::refund_deposit,
        execute_parameters => execute::execute_parameters,
        execute_removal => execute::execute_removal,
        execute_grant => grant::execute_grant,
        stop_grant => grant::stop_grant,
        pay_grant => grant::pay_grant,
        execute_integration => execute::execute_integration,
        execute_guard => execute::execute_guard,
        execute_upgrade => upgrade::execute_upgrade,
        check_upgrade => upgrade::check_upgrade,
    })
}
