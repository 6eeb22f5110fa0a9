use std::fmt;
use std::str::FromStr;

use bson::oid::ObjectId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(ObjectId);

        impl $name {
            /// A fresh id.
            #[must_use]
            #[expect(clippy::new_without_default, reason = "a default would be a different id each time")]
            pub fn new() -> Self {
                Self(ObjectId::new())
            }

            /// The id as an `ObjectId`.
            pub fn object_id(self) -> ObjectId {
                self.0
            }

            /// The 24 hex digits.
            pub fn to_hex(self) -> String {
                self.0.to_hex()
            }
        }

        impl From<ObjectId> for $name {
            fn from(id: ObjectId) -> Self {
                Self(id)
            }
        }

        impl FromStr for $name {
            type Err = ();

            /// Parses 24 hex digits.
            fn from_str(text: &str) -> Result<Self, ()> {
                ObjectId::parse_str(text).map(Self).map_err(|_| ())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0.to_hex())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0.to_hex())
            }
        }
    };
}

id!(
    /// The `_id` of an organization, which is also its admin's id.
    OrganizationId
);
id!(
    /// The `_id` of an operator.
    OperatorId
);

id!(
    /// The `_id` of a person of organizations.
    PersonId
);

id!(
    /// The mark of a copy in the trash: each move to the trash makes a new one.
    CopyId
);

impl OperatorId {
    /// The id of the first operator. It is the same in every workspace, so the unique `_id` lets only one of two
    /// concurrent claims succeed.
    pub const FOUNDER: Self = Self(ObjectId::from_bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]));
}
