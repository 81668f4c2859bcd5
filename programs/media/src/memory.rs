//! Copies and fills of a length known only at run time. Upstream BPF has no `memcpy`: the virtual
//! machine offers it as a syscall.

use pinocchio::syscalls::{sol_memcpy_, sol_memset_};

/// Copies `from` to the beginning of `to`.
///
/// # Safety
/// `to` must be valid for writes of `from.len()` bytes and must not overlap `from`.
pub unsafe fn copy(to: *mut u8, from: &[u8]) {
    unsafe { sol_memcpy_(to, from.as_ptr(), from.len() as u64) }
}

/// Zeroes `length` bytes.
///
/// # Safety
/// `to` must be valid for writes of `length` bytes.
pub unsafe fn zero(to: *mut u8, length: usize) {
    unsafe { sol_memset_(to, 0, length as u64) }
}
