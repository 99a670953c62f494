//! Random set expressions that `ClusterShell` and this crate read alike.

/// A generator that needs nothing but its seed (splitmix64).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below the limit.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        let at = self.below(u64::try_from(of.len()).unwrap());
        of[usize::try_from(at).unwrap()]
    }

    /// An expression of up to five terms; two of one seed are of one kind of machine, so they overlap.
    pub(crate) fn pair(&mut self) -> [String; 2] {
        let machine = self.one(&MACHINES);
        [self.expression(machine), self.expression(machine)]
    }

    fn expression(&mut self, machine: Machine) -> String {
        let mut expression = self.term(machine);
        for _ in 0..self.below(5) {
            expression.push(self.one(&[',', ',', ',', '!', '&', '^']));
            expression.push_str(&self.term(machine));
        }
        expression
    }

    fn term(&mut self, machine: Machine) -> String {
        let shape = self.one(machine);
        let mut term = String::new();
        for part in shape {
            match part {
                Part::Text(text) => term.push_str(text),
                Part::Number { first, count, width } => term.push_str(&self.number(*first, *count, *width)),
            }
        }
        term
    }

    /// One number, or a range of some.
    fn number(&mut self, first: u64, count: u64, width: usize) -> String {
        if self.below(3) == 0 {
            let value = first + self.below(count);
            return format!("{value:0width$}");
        }
        let mut parts = Vec::new();
        for _ in 0..=self.below(3) {
            let low = first + self.below(count);
            let high = low + self.below(first + count - low);
            parts.push(if low == high && self.below(2) == 0 {
                format!("{low:0width$}")
            } else {
                format!("{low:0width$}-{high:0width$}")
            });
        }
        format!("[{}]", parts.join(","))
    }
}

/// A piece of a name.
enum Part {
    Text(&'static str),
    /// A number from here on, so many different ones, with at least so many digits.
    Number {
        first: u64,
        count: u64,
        width: usize,
    },
}

type Machine = &'static [&'static [Part]];

const fn number(first: u64, count: u64, width: usize) -> Part {
    Part::Number { first, count, width }
}

use Part::Text;

const MACHINES: [Machine; 7] = [
    // Mountain cabinets with nodes, their controllers, blades and chassis.
    &[
        &[
            Text("x"),
            number(1000, 3, 0),
            Text("c"),
            number(0, 4, 0),
            Text("s"),
            number(0, 4, 0),
            Text("b0n"),
            number(0, 2, 0),
        ],
        &[
            Text("x1000c"),
            number(0, 4, 0),
            Text("s"),
            number(0, 12, 0),
            Text("b"),
            number(0, 2, 0),
            Text("n"),
            number(0, 2, 0),
        ],
        &[
            Text("x"),
            number(1000, 3, 0),
            Text("c"),
            number(0, 4, 0),
            Text("s"),
            number(0, 4, 0),
            Text("b"),
            number(0, 2, 0),
        ],
        &[
            Text("x"),
            number(1000, 3, 0),
            Text("c"),
            number(0, 4, 0),
            Text("s"),
            number(0, 12, 0),
        ],
        &[Text("x"), number(998, 5, 0), Text("c"), number(0, 4, 0)],
    ],
    // A rack with power distribution.
    &[
        &[Text("x3000m"), number(0, 2, 0), Text("p0v"), number(1, 64, 0)],
        &[
            Text("x"),
            number(3000, 2, 0),
            Text("c0s"),
            number(1, 40, 0),
            Text("b0n0"),
        ],
        &[Text("x"), number(3000, 2, 0), Text("c0w"), number(1, 40, 0)],
    ],
    // Plain names, with and without leading zeros.
    &[
        &[Text("node"), number(1, 120, 3)],
        &[Text("node"), number(1, 120, 0)],
        &[Text("node"), number(1, 99, 2)],
        &[Text("node"), number(95, 12, 4)],
    ],
    // Names with numbers in the middle and at the end.
    &[
        &[Text("n"), number(1, 20, 0), Text("-ib"), number(0, 2, 0)],
        &[Text("n"), number(1, 20, 0), Text("-mgmt")],
        &[Text("n"), number(1, 20, 2), Text("-ib"), number(0, 2, 0)],
        &[Text("n"), number(1, 20, 0)],
        &[Text("login")],
    ],
    // Addresses.
    &[
        &[Text("10.4."), number(0, 3, 0), Text("."), number(1, 30, 0)],
        &[Text("10."), number(4, 2, 0), Text(".0."), number(1, 30, 0)],
    ],
    // Many dimensions of few numbers.
    &[
        &[
            Text("a"),
            number(0, 2, 0),
            Text("b"),
            number(0, 2, 0),
            Text("c"),
            number(0, 2, 0),
            Text("d"),
            number(0, 2, 0),
        ],
        &[
            Text("a"),
            number(0, 3, 0),
            Text("b"),
            number(0, 3, 0),
            Text("c0d"),
            number(0, 2, 0),
        ],
        &[Text("a0b0c"), number(0, 3, 0), Text("d"), number(0, 3, 0)],
    ],
    // Names that begin with a number, and names with none.
    &[
        &[number(1, 30, 0)],
        &[number(1, 30, 2), Text("up")],
        &[Text("A.b:c_"), number(1, 9, 0)],
        &[Text("alpha")],
        &[Text("beta")],
    ],
];
