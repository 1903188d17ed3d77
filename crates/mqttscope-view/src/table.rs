//! Enums whose variants are the rows of a table, so that each is written down once: its name in the code, and all that
//! there is to know of it.

/// Makes the enum, its `ALL` and the way from each variant to its row.
macro_rules! table {
    (
        $(#[$meta:meta])*
        pub enum $name:ident: $info:ty {
            $($(#[$row_meta:meta])* $row:ident = $value:expr,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$row_meta])* $row,)+
        }

        impl $name {
            /// All of them, in the order of the table.
            pub const ALL: [Self; [$(stringify!($row)),+].len()] = [$(Self::$row),+];

            /// Its row of the table.
            #[must_use]
            pub fn info(self) -> &'static $info {
                static ROWS: [$info; $name::ALL.len()] = [$($value),+];
                &ROWS[self as usize]
            }
        }
    };
}
