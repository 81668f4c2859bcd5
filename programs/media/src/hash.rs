//! SHA-256 through the syscall, and Merkle proofs (`docs/chain.md`, Hashes).

use media_rules::range::{self, MAX_LEAVES};
use pinocchio::error::ProgramError;
use pinocchio::syscalls::sol_sha256;

use crate::layout::error;

pub type Hash = [u8; 32];

/// Most steps of a proof.
const MAX_PROOF: usize = 32;

/// Hash of the parts, one after another: for a leaf `0x00 ‖ domain ‖ payload`.
pub fn sha256(parts: &[&[u8]]) -> Hash {
    let mut out = core::mem::MaybeUninit::<Hash>::uninit();
    // A slice of slices is laid out as the syscall's array of (address, length); it writes all 32 bytes
    // or ends the program.
    unsafe {
        sol_sha256(parts.as_ptr().cast(), parts.len() as u64, out.as_mut_ptr().cast());
        out.assume_init()
    }
}

fn node(a: &Hash, b: &Hash) -> Hash {
    if before(a, b) { sha256(&[&[1], a, b]) } else { sha256(&[&[1], b, a]) }
}

fn before(a: &Hash, b: &Hash) -> bool {
    for index in 0..4 {
        let (left, right) = (word(a, index), word(b, index));
        if left != right {
            return left < right;
        }
    }
    true
}

fn word(hash: &Hash, index: usize) -> u64 {
    match hash.get(index * 8..).and_then(|rest| rest.first_chunk::<8>()) {
        Some(bytes) => u64::from_be_bytes(*bytes),
        None => 0,
    }
}

/// The root that consecutive leaves lead to, `first` being the first of `total`; `nodes[1..]` begins with the leaves.
/// `WrongProof` unless it is `root`.
#[inline(never)]
pub fn verify_range(nodes: &mut [Hash; MAX_LEAVES + 2], range: &Range<'_>, root: &Hash) -> Result<(), ProgramError> {
    let (steps, odd) = range.proof.as_chunks::<32>();
    if !odd.is_empty() || range::root(nodes, range.count, range.first, range.total, steps, node) != Some(*root) {
        return Err(error::WRONG_PROOF);
    }
    Ok(())
}

/// Leaves of a tree and the nodes beside them.
pub struct Range<'a> {
    pub first: u32,
    pub count: usize,
    pub total: u32,
    pub proof: &'a [u8],
}

/// Whether the proof, 32 bytes a step, leads from the leaf to the root: `WrongProof` if not, if it is
/// longer than 32 steps or not a whole number of them, or if the root is that of nothing.
#[inline(never)]
pub fn verify(start: &Hash, proof: &[u8], root: &Hash) -> Result<(), ProgramError> {
    let (steps, odd) = proof.as_chunks::<32>();
    if !odd.is_empty() || steps.len() > MAX_PROOF || *root == [0; 32] {
        return Err(error::WRONG_PROOF);
    }
    let mut hash = *start;
    for step in steps {
        hash = node(&hash, step);
    }
    if hash != *root {
        return Err(error::WRONG_PROOF);
    }
    Ok(())
}
