//! The root that consecutive leaves of a Merkle tree lead to (`docs/chain.md`, Hashes).

pub type Hash = [u8; 32];

/// Most leaves in one proof.
pub const MAX_LEAVES: usize = 6;
/// Most steps of a proof.
const MAX_STEPS: usize = 64;

/// The root of a tree of `total` leaves in which `nodes[1..=count]` stand from `first` on. The leaves begin at 1, because a
/// node may come before them; `nodes` is overwritten. `join` hashes two nodes. `None` where the proof does not fit the range.
pub fn root(nodes: &mut [Hash; MAX_LEAVES + 2], count: usize, first: u32, total: u32, proof: &[Hash], join: impl Fn(&Hash, &Hash) -> Hash) -> Option<Hash> {
    if count == 0 || count > MAX_LEAVES || proof.len() > MAX_STEPS || u64::from(first) + count as u64 > u64::from(total) {
        return None;
    }
    let (mut from, mut to, mut width) = (first, first + (count as u32 - 1), total);
    let mut used = 0;
    while width > 1 {
        let (mut low, mut high) = (1, 1 + (to - from) as usize);
        if from % 2 == 1 {
            low = 0;
            *nodes.first_mut()? = *proof.get(used)?;
            used += 1;
        }
        if to.is_multiple_of(2) && to + 1 < width {
            high += 1;
            *nodes.get_mut(high)? = *proof.get(used)?;
            used += 1;
        }
        let (mut read, mut write) = (low, 1);
        while read <= high {
            let left = nodes.get(read)?;
            let parent = if read < high { join(left, nodes.get(read + 1)?) } else { *left };
            *nodes.get_mut(write)? = parent;
            read += 2;
            write += 1;
        }
        from /= 2;
        to /= 2;
        // ⌈width / 2⌉ without overflow.
        width = width / 2 + width % 2;
    }
    if used == proof.len() { nodes.get(1).copied() } else { None }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::*;
    use crate::testing::amounts;

    /// Not SHA-256, but sorted and sensitive to every bit: the syscall is not there in a test.
    fn join(a: &Hash, b: &Hash) -> Hash {
        let (a, b) = if a <= b { (a, b) } else { (b, a) };
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        let mut out = [0; 32];
        for round in 0..4 {
            for byte in a.iter().chain(b) {
                state = (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3).rotate_left(13) ^ round;
            }
            out[round as usize * 8..][..8].copy_from_slice(&state.to_le_bytes());
        }
        out
    }

    fn levels(leaves: &[Hash]) -> Vec<Vec<Hash>> {
        let mut all = std::vec![leaves.to_vec()];
        while all.last().unwrap().len() > 1 {
            let next = all.last().unwrap().chunks(2).map(|pair| if pair.len() == 2 { join(&pair[0], &pair[1]) } else { pair[0] }).collect();
            all.push(next);
        }
        all
    }

    fn proof(levels: &[Vec<Hash>], first: usize, count: usize) -> Vec<Hash> {
        let (mut from, mut to) = (first, first + count - 1);
        let mut steps = Vec::new();
        for level in levels.iter().take(levels.len() - 1) {
            if from % 2 == 1 {
                steps.push(level[from - 1]);
            }
            if to % 2 == 0 && to + 1 < level.len() {
                steps.push(level[to + 1]);
            }
            from /= 2;
            to /= 2;
        }
        steps
    }

    fn given(leaves: &[Hash]) -> [Hash; MAX_LEAVES + 2] {
        let mut nodes = [[0; 32]; MAX_LEAVES + 2];
        nodes[1..=leaves.len()].copy_from_slice(leaves);
        nodes
    }

    #[test]
    fn every_range_of_every_small_tree_leads_to_its_root() {
        let mut next = amounts(41);
        for total in 1..=40usize {
            let leaves: Vec<Hash> = (0..total).map(|_| join(&[next() as u8; 32], &[next() as u8; 32])).collect();
            let levels = levels(&leaves);
            let expected = levels.last().unwrap()[0];
            for first in 0..total {
                for count in 1..=MAX_LEAVES.min(total - first) {
                    let steps = proof(&levels, first, count);
                    let part = &leaves[first..first + count];
                    let found = |steps: &[Hash], first: u32, total: u32| root(&mut given(part), count, first, total, steps, join);
                    assert_eq!(found(&steps, first as u32, total as u32), Some(expected), "{first}+{count} of {total}");
                    let mut longer = steps.clone();
                    longer.push(expected);
                    assert_eq!(found(&longer, first as u32, total as u32), None);
                    if let Some((_, shorter)) = steps.split_last() {
                        assert_eq!(found(shorter, first as u32, total as u32), None);
                        let mut other = steps.clone();
                        other[0][0] ^= 1;
                        assert_ne!(found(&other, first as u32, total as u32), Some(expected));
                    }
                    assert_eq!(found(&steps, first as u32, (first + count - 1) as u32), None);
                    let mut swapped = given(part);
                    swapped[1][31] ^= 1;
                    assert_ne!(root(&mut swapped, count, first as u32, total as u32, &steps, join), Some(expected));
                }
            }
        }
    }

    #[test]
    fn refuses_what_is_no_range() {
        let mut nodes = [[7; 32]; MAX_LEAVES + 2];
        assert_eq!(root(&mut nodes, 0, 0, 1, &[], join), None);
        assert_eq!(root(&mut nodes, 1, 0, 0, &[], join), None);
        assert_eq!(root(&mut nodes, 1, 1, 1, &[], join), None);
        assert_eq!(root(&mut nodes, 1, u32::MAX, u32::MAX, &[], join), None);
        assert_eq!(root(&mut nodes, MAX_LEAVES + 1, 0, 100, &[], join), None);
        assert_eq!(root(&mut nodes, 1, 0, 1, &[], join), Some([7; 32]));
        let far = [[1; 32]; 65];
        assert_eq!(root(&mut nodes, 1, 0, 1, &far, join), None);
        // The last leaf of the widest tree: siblings on the left only, or none.
        assert!(root(&mut nodes, 1, u32::MAX - 1, u32::MAX, &far[..31], join).is_some());
    }
}
