//! Machines that no seat needs, by the units above them: the nearest that is fit for a seat is found at once, however
//! many there are.

use std::collections::BTreeMap;

use super::{Office, State};
use crate::assess::Role;

/// Machines that are over.
pub(super) struct Spares {
    ready: Shelf,
    mendable: Shelf,
    is_gone: Vec<bool>,
}

/// Machines in the order in which they are given away, by the unit above them and the role that they suit. How far a
/// list has been gone through is kept, so that all lists together are gone through once.
#[derive(Default)]
struct Shelf(BTreeMap<(String, Role), (Vec<usize>, usize)>);

impl Shelf {
    fn put(&mut self, office: &Office<'_>, index: usize, role: Role) {
        for path in upwards(&office.units[office.machines[index].unit].path) {
            self.0.entry((path.to_owned(), role)).or_default().0.push(index);
        }
    }

    fn take(&mut self, is_gone: &mut [bool], office: &Office<'_>, unit: usize, role: Role) -> Option<usize> {
        for path in upwards(&office.units[unit].path) {
            let Some((machines, next)) = self.0.get_mut(&(path.to_owned(), role)) else { continue };
            while machines.get(*next).is_some_and(|index| is_gone[*index]) {
                *next += 1;
            }
            if let Some(index) = machines.get(*next) {
                is_gone[*index] = true;
                return Some(*index);
            }
        }
        None
    }
}

impl Spares {
    /// Those of these machines that are ready, or can be mended and are worth it.
    pub(super) fn of(office: &Office<'_>, mut over: Vec<usize>, is_worth: impl Fn(usize) -> bool) -> Spares {
        over.sort_by_cached_key(|index| {
            let machine = &office.machines[*index];
            (office.units[machine.unit].code.clone(), machine.name.clone())
        });
        let (mut ready, mut mendable) = (Shelf::default(), Shelf::default());
        for index in over {
            let machine = &office.machines[index];
            match &machine.state {
                State::Ready => {
                    machine.ready_for.iter().for_each(|role| ready.put(office, index, *role));
                }
                State::Mendable { .. } if is_worth(index) => mendable.put(office, index, machine.role),
                State::Mendable { .. } | State::Unknown | State::Beyond(_) => {}
            }
        }
        Spares { ready, mendable, is_gone: vec![false; office.machines.len()] }
    }

    /// The nearest machine that is ready for this role.
    pub(super) fn take_ready(&mut self, office: &Office<'_>, unit: usize, role: Role) -> Option<usize> {
        self.ready.take(&mut self.is_gone, office, unit, role)
    }

    /// The nearest machine of this role that is worth mending.
    pub(super) fn take_mendable(&mut self, office: &Office<'_>, unit: usize, role: Role) -> Option<usize> {
        self.mendable.take(&mut self.is_gone, office, unit, role)
    }
}

/// The path of a unit, of the one above it, and so on to the root.
fn upwards(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path).filter(|path| !path.is_empty()), |path| {
        let above = path.trim_end_matches('/').rsplit_once('/').map(|(above, _)| above.len() + 1)?;
        path.get(..above)
    })
}
