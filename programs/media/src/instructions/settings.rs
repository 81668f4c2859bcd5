//! A resource's encrypted settings: opened as a buffer, written in pieces, sealed by hash.

use pinocchio::{ProgramResult, error::ProgramError};

use super::resource::{drop_votes, has_ring, is_gone};
use crate::account::Record;
use crate::context::Ctx;
use crate::hash;
use crate::layout::{error, ix, resource, resource_status, seed, settings, settings_status};
use crate::pda::{self, New, Place, Seeds};

/// Most bytes of settings: one account that a CPI can still create.
const MAX_CAPACITY: usize = 8192;

/// The version a buffer must have to be sealed next.
fn next_version(resource: &Record<'_>) -> Result<u32, ProgramError> {
    resource.u32(resource::SETTINGS_VERSION).checked_add(1).ok_or(error::OVERFLOW)
}

pub fn open_settings(ctx: &Ctx<'_>) -> ProgramResult {
    let [publisher, resource_view, view, _system] = ctx.first::<4>();
    let version = ctx.args.u32(ix::open_settings::SETTINGS_VERSION);
    let capacity = ctx.args.u32(ix::open_settings::CAPACITY) as usize;
    let number = version.to_le_bytes();
    let seeds: [&[u8]; 3] = [seed::SET, resource_view.address().as_array(), &number];
    let seeds = Seeds(&seeds);
    let place = ctx.place(view, &settings::KIND, &seeds)?;
    let resource = ctx.load(resource_view, &resource::KIND)?;
    resource.require_key(resource::PUBLISHER, publisher.address())?;
    if is_gone(&resource) {
        return Err(error::WRONG_STATUS);
    }
    if version != next_version(&resource)? || capacity == 0 || capacity > MAX_CAPACITY {
        return Err(error::INVALID_PARAMETER);
    }
    let Place::Empty(bump) = place else { return Err(error::ALREADY_EXISTS) };
    let new = New { kind: &settings::KIND, size: settings::SIZE + capacity, bump };
    let buffer = ctx.create(publisher, view, &new, &seeds)?;
    buffer.set_status(settings_status::OPEN);
    buffer.set_key(settings::RESOURCE, resource_view.address());
    buffer.set_u32(settings::SETTINGS_VERSION, version);
    Ok(())
}

pub fn write_settings(ctx: &Ctx<'_>) -> ProgramResult {
    let [_publisher, _resource, view] = ctx.first::<3>();
    let offset = ctx.args.u32(ix::write_settings::OFFSET) as usize;
    let bytes = ctx.args.tail(ix::write_settings::ARGS);
    let (resource, buffer) = load_pair(ctx)?;
    if resource.status() == resource_status::RELEASED {
        return Err(error::WRONG_STATUS);
    }
    if buffer.status() != settings_status::OPEN {
        return Err(error::WRONG_STATUS);
    }
    let end = offset.checked_add(bytes.len()).ok_or(error::OVERFLOW)?;
    if end > view.data_len() - settings::SIZE {
        return Err(error::TOO_LARGE);
    }
    buffer.set_slice(settings::SIZE + offset, bytes);
    Ok(())
}

pub fn seal_settings(ctx: &Ctx<'_>) -> ProgramResult {
    let [publisher, _resource, view, previous] = ctx.first::<4>();
    let length = ctx.args.u32(ix::seal_settings::LENGTH) as usize;
    let sha256 = ctx.args.array::<32>(ix::seal_settings::SHA256);
    let (resource, buffer) = load_pair(ctx)?;
    if buffer.status() != settings_status::OPEN {
        return Err(error::WRONG_STATUS);
    }
    // Before the first settings the stored key is zero, which is the address of the system program.
    resource.require_key(resource::SETTINGS, previous.address())?;
    let replaces = resource.u32(resource::SETTINGS_VERSION) > 0;
    if replaces {
        ctx.load(previous, &settings::KIND)?;
    }
    let version = next_version(&resource)?;
    if buffer.u32(settings::SETTINGS_VERSION) != version {
        return Err(error::INVALID_PARAMETER);
    }
    if is_gone(&resource) {
        return Err(error::WRONG_STATUS);
    }
    if length == 0 {
        return Err(error::INVALID_PARAMETER);
    }
    if length > view.data_len() - settings::SIZE {
        return Err(error::TOO_LARGE);
    }
    // In range by the check above; the bytes are only read, and before anything is written.
    let body = unsafe { core::slice::from_raw_parts(buffer.at(settings::SIZE, length), length) };
    if hash::sha256(&[body]) != *sha256 {
        return Err(error::HASH_MISMATCH);
    }
    // Out of draft only with a ring: every hour of the resource must be recordable from then on.
    let leaves_draft = resource.status() == resource_status::DRAFT;
    if leaves_draft && !has_ring(&resource) {
        return Err(error::WRONG_STATUS);
    }
    buffer.set_status(settings_status::SEALED);
    buffer.set_u32(settings::LENGTH, length as u32);
    buffer.set_bytes(settings::SHA256, sha256);
    resource.set_key(resource::SETTINGS, view.address());
    resource.set_u32(resource::SETTINGS_VERSION, version);
    if leaves_draft {
        resource.set_status(resource_status::PENDING);
    }
    // Whoever voted has looked at other settings.
    drop_votes(&resource);
    if replaces {
        pda::close(previous, publisher)?;
    }
    Ok(())
}

/// The publisher's resource and a settings account of it, the second and third account of the instruction.
fn load_pair<'a>(ctx: &Ctx<'a>) -> Result<(Record<'a>, Record<'a>), ProgramError> {
    let [publisher, resource, buffer] = ctx.first::<3>();
    let resource = ctx.load(resource, &resource::KIND)?;
    let buffer = ctx.load(buffer, &settings::KIND)?;
    resource.require_key(resource::PUBLISHER, publisher.address())?;
    buffer.require_key(settings::RESOURCE, resource.address())?;
    Ok((resource, buffer))
}
