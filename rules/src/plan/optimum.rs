//! Which lines to fund under a cap: those whose points together are the most that the money can buy.
//!
//! The 0/1 knapsack problem, solved exactly. Lines in the order of points per đồng give a first answer and a bound
//! (G. B. Dantzig, “Discrete-variable extremum problems”, 1957); lines that the bound decides are fixed (the core of
//! E. Balas and E. Zemel, 1980); the rest is few, and of few different costs, so it is gone through cost by cost. It
//! knows money and points, and no plan.

/// Most cells of the table for the rest. Beyond it the first answer stands, and says how far it may be from the best.
const CELLS_MAX: usize = 16 << 20;

/// What to fund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Whether each line is funded, in the order given.
    pub taken: Vec<bool>,
    /// Their points.
    pub points: u64,
    /// No choice has more points than this.
    pub points_bound: u64,
}

impl Chosen {
    /// Whether no choice is better.
    pub fn is_best(&self) -> bool {
        self.points == self.points_bound
    }
}

/// One line: what it costs in đồng, above 0, and its points. Of lines that are alike the first is taken first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// What it costs, in đồng.
    pub cost: u64,
    /// What it is worth.
    pub points: u32,
}

/// The lines with the most points that `cap` đồng pay for.
pub fn choose(offers: &[Offer], cap: u64) -> Chosen {
    let mut order: Vec<usize> = (0..offers.len()).filter(|index| offers[*index].cost <= cap).collect();
    // A greater share of points per đồng first; the sort is stable.
    order.sort_by(|a, b| {
        let share =
            |one: usize, other: usize| u128::from(offers[one].points) * u128::from(offers[other].cost);
        share(*b, *a).cmp(&share(*a, *b))
    });
    let first = First::of(offers, &order, cap);
    let reached = first.points;
    let Some(last) = first.last else { return first.chosen(reached) };
    let bound = first.bound(offers, last);
    if reached == bound {
        return first.chosen(reached);
    }
    let (fixed, core) = first.core(offers, &order, last);
    let spent: u64 = fixed.iter().map(|index| offers[*index].cost).sum();
    // What a better choice must contain costs too much: there is none.
    let Some(left) = cap.checked_sub(spent) else { return first.chosen(reached) };
    let Some(picked) = table(offers, &core, left) else { return first.chosen(bound) };
    let mut taken = vec![false; offers.len()];
    for index in fixed.iter().chain(&picked) {
        taken[*index] = true;
    }
    let points = points_of(offers, &taken);
    if points > reached { Chosen { taken, points, points_bound: points } } else { first.chosen(reached) }
}

/// As [`choose`], where so much of each line comes again in each later year (at most what it costs): those have
/// `cap_later` đồng left for it, the poorest of them. Where that does not bind, the choice is as good as that of
/// [`choose`]; else it is the best of three simple ones, and the bound says how far it may be from the best.
pub fn choose_coming_again(offers: &[Offer], yearly: &[u64], cap: u64, cap_later: u64) -> Chosen {
    let free = choose(offers, cap);
    let later: u64 =
        free.taken.iter().zip(yearly).filter(|(taken, _)| **taken).map(|(_, later)| *later).sum();
    if later <= cap_later {
        return free;
    }
    let (again, once): (Vec<usize>, Vec<usize>) = (0..offers.len()).partition(|index| yearly[*index] > 0);
    let chosen_again: Vec<usize> = again.iter().copied().filter(|index| free.taken[*index]).collect();
    // What costs no more than later years have does not cost more in one of them.
    let within = Some(cap_later.min(cap));
    let choices = [
        two_steps(offers, (&again, within), (&once, None), cap),
        two_steps(offers, (&chosen_again, within), (&once, None), cap),
        two_steps(offers, (&once, None), (&again, within), cap),
    ];
    let in_later_years: Vec<Offer> =
        again.iter().map(|index| Offer { cost: yearly[*index], ..offers[*index] }).collect();
    let at_once: Vec<Offer> = once.iter().map(|index| offers[*index]).collect();
    let apart = choose(&in_later_years, cap_later).points_bound + choose(&at_once, cap).points_bound;
    let bound = free.points_bound.min(apart);
    let best = choices.into_iter().reduce(|best, one| if one.points > best.points { one } else { best });
    match best {
        Some(best) => Chosen { points_bound: bound.max(best.points), ..best },
        None => free,
    }
}

/// The best of the first, each step within its own cap, and with what is left the best of the second.
fn two_steps(
    offers: &[Offer],
    first: (&[usize], Option<u64>),
    second: (&[usize], Option<u64>),
    cap: u64,
) -> Chosen {
    let mut taken = vec![false; offers.len()];
    let mut left = cap;
    for (of, within) in [first, second] {
        let some: Vec<Offer> = of.iter().map(|index| offers[*index]).collect();
        let chosen = choose(&some, within.map_or(left, |within| within.min(left)));
        for (index, _) in of.iter().zip(&chosen.taken).filter(|(_, taken)| **taken) {
            taken[*index] = true;
            left -= offers[*index].cost;
        }
    }
    let points = points_of(offers, &taken);
    Chosen { taken, points, points_bound: points }
}

fn points_of(offers: &[Offer], taken: &[bool]) -> u64 {
    offers.iter().zip(taken).filter(|(_, taken)| **taken).map(|(offer, _)| u64::from(offer.points)).sum()
}

/// What taking lines in their order comes to.
struct First {
    taken: Vec<bool>,
    points: u64,
    /// Cost and points of the lines before the first that was too much.
    before: (u64, u64),
    /// The first that was too much, by its place in the order.
    last: Option<usize>,
    cap: u64,
}

impl First {
    fn of(offers: &[Offer], order: &[usize], cap: u64) -> First {
        let mut first =
            First { taken: vec![false; offers.len()], points: 0, before: (0, 0), last: None, cap };
        let mut spent = 0;
        for index in order {
            let offer = offers[*index];
            if spent + offer.cost > cap {
                first.last = first.last.or(Some(*index));
                continue;
            }
            spent += offer.cost;
            first.taken[*index] = true;
            first.points += u64::from(offer.points);
            if first.last.is_none() {
                first.before = (spent, first.points);
            }
        }
        first
    }

    fn chosen(self, points_bound: u64) -> Chosen {
        Chosen { taken: self.taken, points: self.points, points_bound }
    }

    /// The bound, were parts of a line to be had, times the cost of the line in parts.
    fn bound_times_cost(&self, last: Offer) -> i128 {
        let (spent, points) = self.before;
        i128::from(points) * i128::from(last.cost) + i128::from(self.cap - spent) * i128::from(last.points)
    }

    fn bound(&self, offers: &[Offer], last: usize) -> u64 {
        let bound = self.bound_times_cost(offers[last]) / i128::from(offers[last].cost);
        u64::try_from(bound).unwrap_or(u64::MAX)
    }

    /// The lines that every better choice has, and those that it may have.
    fn core(&self, offers: &[Offer], order: &[usize], last: usize) -> (Vec<usize>, Vec<usize>) {
        let whole = self.bound_times_cost(offers[last]);
        let (cost, points) = (i128::from(offers[last].cost), i128::from(offers[last].points));
        let least = i128::from(self.points + 1) * cost;
        let (mut fixed, mut core) = (Vec::new(), Vec::new());
        let mut is_before = true;
        for index in order {
            is_before &= *index != last;
            let offer = offers[*index];
            // What the bound loses when the line is left out, or taken in, against its place in the order.
            let loss = i128::from(offer.points) * cost - i128::from(offer.cost) * points;
            let is_decided = whole - loss.abs() < least;
            match (is_decided, is_before) {
                (true, true) => fixed.push(*index),
                (true, false) => {}
                (false, _) => core.push(*index),
            }
        }
        (fixed, core)
    }
}

/// The best of these lines within the cap; none where the table would be too large.
fn table(offers: &[Offer], core: &[usize], cap: u64) -> Option<Vec<usize>> {
    let unit = core.iter().map(|index| offers[*index].cost).fold(0, gcd).max(1);
    let all: u64 = core.iter().map(|index| offers[*index].cost).sum();
    let width = usize::try_from(cap.min(all) / unit).ok()?.checked_add(1)?;
    // Lines of one cost: the one with more points first, so only how many are taken is open.
    let mut groups: std::collections::BTreeMap<u64, Vec<usize>> = std::collections::BTreeMap::new();
    for index in core {
        groups.entry(offers[*index].cost / unit).or_default().push(*index);
    }
    if width.checked_mul(groups.len())? > CELLS_MAX {
        return None;
    }
    let mut best: Vec<u64> = vec![0; width];
    let mut counts: Vec<Vec<u32>> = Vec::with_capacity(groups.len());
    let mut sorted: Vec<(usize, Vec<usize>)> = Vec::with_capacity(groups.len());
    for (cost, mut lines) in groups {
        let cost = usize::try_from(cost).ok()?;
        lines.sort_by_key(|index| (std::cmp::Reverse(offers[*index].points), *index));
        let mut sums = vec![0_u64];
        for index in &lines {
            sums.push(sums.last().copied().unwrap_or(0) + u64::from(offers[*index].points));
        }
        let mut next = best.clone();
        let mut count = vec![0_u32; width];
        for rest in 0..cost.min(width) {
            let row = Row { best: &best, sums: &sums, cost, rest };
            let length = (width - rest).div_ceil(cost);
            row.fill(&mut next, &mut count, (0, length), (0, length));
        }
        best = next;
        counts.push(count);
        sorted.push((cost, lines));
    }
    let mut place = width - 1;
    let mut picked = Vec::new();
    for ((cost, lines), count) in sorted.iter().zip(&counts).rev() {
        let taken = usize::try_from(count[place]).ok()?;
        picked.extend(lines.iter().take(taken));
        place -= taken * cost;
    }
    Some(picked)
}

/// The places of a table that differ by whole costs of one group.
struct Row<'a> {
    /// The most points without the group.
    best: &'a [u64],
    /// The points of its first lines.
    sums: &'a [u64],
    cost: usize,
    rest: usize,
}

impl Row<'_> {
    /// Fills the places `from..to`. What is best to leave for the others grows with the place, because each further
    /// line of the group brings no more than the one before: so it is looked for between that of the neighbours.
    fn fill(
        &self,
        next: &mut [u64],
        count: &mut [u32],
        (from, to): (usize, usize),
        (least, most): (usize, usize),
    ) {
        if from >= to {
            return;
        }
        let middle = usize::midpoint(from, to);
        let lines = self.sums.len() - 1;
        let mut found: Option<(u64, usize)> = None;
        for others in least.max(middle.saturating_sub(lines))..=middle.min(most) {
            let Some(without) = self.best.get(others * self.cost + self.rest) else { break };
            let points = without + self.sums[middle - others];
            if found.is_none_or(|(most, _)| points > most) {
                found = Some((points, others));
            }
        }
        let Some((points, others)) = found else { return };
        let place = middle * self.cost + self.rest;
        next[place] = points;
        count[place] = u32::try_from(middle - others).unwrap_or(u32::MAX);
        self.fill(next, count, (from, middle), (least, others));
        self.fill(next, count, (middle + 1, to), (others, most));
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn offers(of: &[(u64, u32)]) -> Vec<Offer> {
        of.iter().map(|(cost, points)| Offer { cost: *cost, points: *points }).collect()
    }

    /// Every choice there is.
    fn exhaustive(offers: &[Offer], cap: u64) -> u64 {
        let chosen = |choice: u32| offers.iter().enumerate().filter(move |(bit, _)| choice & (1 << bit) != 0);
        (0..1_u32 << offers.len())
            .filter(|choice| chosen(*choice).map(|(_, offer)| offer.cost).sum::<u64>() <= cap)
            .map(|choice| chosen(choice).map(|(_, offer)| u64::from(offer.points)).sum())
            .max()
            .unwrap_or(0)
    }

    #[test]
    fn not_first_come_first_served_and_not_the_greedy_choice() {
        // In their order the first would be taken, by points per đồng the second; the last two are better together.
        let chosen = choose(&offers(&[(90, 10), (60, 20), (50, 16), (50, 15)]), 100);
        assert_eq!((chosen.taken, chosen.points), (vec![false, false, true, true], 31));
    }

    #[test]
    fn of_alike_lines_the_first() {
        let chosen = choose(&offers(&[(5, 8), (5, 8), (5, 9), (5, 8)]), 10);
        assert_eq!(chosen.taken, [true, false, true, false]);
    }

    #[test]
    fn nothing_and_everything() {
        assert_eq!(choose(&[], 10).points, 0);
        assert_eq!(choose(&offers(&[(11, 3)]), 10).taken, [false]);
        let all = choose(&offers(&[(4, 3), (6, 1)]), 10);
        assert!(all.is_best() && all.taken == [true, true]);
    }

    proptest! {
        /// What comes again stays within what later years have left; the bound holds, and a choice that says it is the
        /// best is.
        #[test]
        fn what_comes_again_is_paid_in_later_years_too(
            lines in prop::collection::vec((1_u64..40, 0_u32..30, prop::sample::select(vec![0_u64, 50, 100])), 0..12),
            cap in 0_u64..220,
            cap_later in 0_u64..120,
        ) {
            let yearly: Vec<u64> = lines.iter().map(|(cost, _, percent)| cost * percent / 100).collect();
            let lines: Vec<(u64, u32)> = lines.iter().map(|(cost, points, _)| (*cost, *points)).collect();
            let lines = offers(&lines);
            let chosen = choose_coming_again(&lines, &yearly, cap, cap_later);
            let holds = |taken: &dyn Fn(usize) -> bool| {
                let taken = || (0..lines.len()).filter(|index| taken(*index));
                taken().map(|index| lines[index].cost).sum::<u64>() <= cap
                    && taken().map(|index| yearly[index]).sum::<u64>() <= cap_later
            };
            prop_assert!(holds(&|index| chosen.taken[index]));
            let best = (0..1_u32 << lines.len())
                .filter(|choice| holds(&|index| choice & (1 << index) != 0))
                .map(|choice| {
                    let taken: Vec<bool> = (0..lines.len()).map(|index| choice & (1 << index) != 0).collect();
                    points_of(&lines, &taken)
                })
                .max()
                .unwrap_or(0);
            prop_assert_eq!(points_of(&lines, &chosen.taken), chosen.points);
            prop_assert!(chosen.points <= best && best <= chosen.points_bound);
            prop_assert!(!chosen.is_best() || chosen.points == best);
        }

        #[test]
        fn no_choice_is_better(
            lines in prop::collection::vec((1_u64..40, 0_u32..30), 0..14),
            cap in 0_u64..220,
        ) {
            let lines = offers(&lines);
            let chosen = choose(&lines, cap);
            let spent: u64 = lines.iter().zip(&chosen.taken).filter(|(_, t)| **t).map(|(o, _)| o.cost).sum();
            prop_assert!(spent <= cap);
            prop_assert_eq!(points_of(&lines, &chosen.taken), chosen.points);
            prop_assert_eq!(chosen.points, exhaustive(&lines, cap));
            prop_assert!(chosen.is_best());
        }

        /// Many lines of few costs, as a plan has them: against the plain table.
        #[test]
        fn many_alike_lines(
            lines in prop::collection::vec((prop::sample::select(vec![3_u64, 4, 7, 16]), 1_u32..6), 0..60),
            cap in 0_u64..300,
        ) {
            let lines = offers(&lines);
            let mut best = vec![0_u64; usize::try_from(cap).unwrap() + 1];
            for offer in &lines {
                let cost = usize::try_from(offer.cost).unwrap();
                for place in (cost..best.len()).rev() {
                    best[place] = best[place].max(best[place - cost] + u64::from(offer.points));
                }
            }
            prop_assert_eq!(choose(&lines, cap).points, best.last().copied().unwrap_or(0));
        }
    }
}
