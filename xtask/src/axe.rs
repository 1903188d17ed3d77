//! axe-core, which finds in a page what keeps people from using it.

use crate::npm::NpmFile;

/// Its script.
pub const AXE: NpmFile = NpmFile {
    package: "axe-core",
    version: "4.14.1",
    checksum: "1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b73\
               4f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5",
    file: "package/axe.min.js",
};
