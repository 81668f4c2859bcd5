//! LP of a stake turned back into what it is made of: MEDIA to the fund, the quote side for buyback.

use media_rules::pool::withdrawal;
use pinocchio::{AccountView, ProgramResult, error::ProgramError};

use crate::account::Record;
use crate::layout::{config, error, pool};
use crate::pool::{self as pools, Reserves};
use crate::token;

/// The pool that LP is taken out of, and where its MEDIA goes.
pub struct Unwrapping<'a> {
    pub config: Record<'a>,
    pub pool: Record<'a>,
    pub lp_mint: &'a AccountView,
    pub lp_vault: &'a AccountView,
    pub media_vault: &'a AccountView,
    pub fund: &'a AccountView,
}

impl Unwrapping<'_> {
    /// `WrongAddress` unless mint and vaults are the pool's and the fund is the config's.
    #[inline(never)]
    pub fn require_links(&self) -> ProgramResult {
        self.pool.require_key(pool::LP_MINT, self.lp_mint.address())?;
        self.pool.require_key(pool::LP_VAULT, self.lp_vault.address())?;
        self.pool.require_key(pool::MEDIA_VAULT, self.media_vault.address())?;
        self.config.require_key(config::FUND, self.fund.address())
    }

    /// Burns LP out of the vault and pays its MEDIA to the fund; the stake that it was of is the caller's. Its quote stays where it
    /// is and is no reserve any more, so that a frozen quote mint stops no payment. No price is read, so none that is moved
    /// gives more. MEDIA and quote that it was.
    #[inline(never)]
    pub fn unwrap(&self, lp: u64, now: u64) -> Result<(u64, u64), ProgramError> {
        let before = pools::reserves(&self.pool);
        let (media, quote) = withdrawal(lp, &before).ok_or(error::OVERFLOW)?;
        let after = Reserves {
            media: before.media.checked_sub(media).ok_or(error::OVERFLOW)?,
            quote: before.quote.checked_sub(quote).ok_or(error::OVERFLOW)?,
            supply: before.supply.checked_sub(lp).ok_or(error::OVERFLOW)?,
        };
        self.pool.sub(pool::STAKED, lp)?;
        pools::before_change(&self.config, &self.pool, now);
        pools::after_change(&self.pool, &after)?;
        self.pool.add(pool::TO_BURN, quote)?;
        token::burn_vault(self.lp_vault, self.lp_mint, &self.config, lp)?;
        token::pay(self.media_vault, self.fund, &self.config, media)?;
        Ok((media, quote))
    }
}
