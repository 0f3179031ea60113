//! Frames: octets with their length, checksum and compression, the unit in which segments are read and damaged.
//!
//! `length (4) | CRC-32 of all that follows (4) | codec (1) | payload`; `length` counts codec and payload. Codec 0 is
//! plain; codec 1 is the plain length (4) and a Zstandard frame (RFC 8878).
#![deny(clippy::indexing_slicing)]

use std::{cell::RefCell, io};

use crate::{disk::File, octets::Input};

/// Length and checksum.
pub(crate) const HEAD: usize = 8;
/// The most octets in a frame, plain or stored.
const OCTETS_MAX: usize = 1 << 30;
const PLAIN: u8 = 0;
const ZSTD: u8 = 1;

/// Compresses frames; keeps its working memory.
pub(crate) struct Packer {
    level: Option<zstd::bulk::Compressor<'static>>,
    packed: Vec<u8>,
}

impl std::fmt::Debug for Packer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Packer").finish_non_exhaustive()
    }
}

impl Packer {
    /// Compresses at this level; at none it leaves octets plain.
    pub(crate) fn new(level: Option<i32>) -> io::Result<Packer> {
        Ok(Packer { level: level.map(zstd::bulk::Compressor::new).transpose()?, packed: Vec::new() })
    }

    /// Appends a frame that holds `plain`.
    pub(crate) fn put(&mut self, out: &mut Vec<u8>, plain: &[u8]) -> io::Result<()> {
        let Some(compressor) = &mut self.level else {
            put_frame(out, PLAIN, &[], plain);
            return Ok(());
        };
        self.packed.clear();
        self.packed.reserve(zstd::zstd_safe::compress_bound(plain.len()));
        compressor.compress_to_buffer(plain, &mut self.packed)?;
        if self.packed.len() + 4 < plain.len() {
            put_frame(out, ZSTD, &(plain.len() as u32).to_be_bytes(), &self.packed);
        } else {
            put_frame(out, PLAIN, &[], plain);
        }
        Ok(())
    }
}

fn put_frame(out: &mut Vec<u8>, codec: u8, head: &[u8], payload: &[u8]) {
    let mut crc = crc32fast::Hasher::new();
    for part in [&[codec], head, payload] {
        crc.update(part);
    }
    out.extend((1 + head.len() as u32 + payload.len() as u32).to_be_bytes());
    out.extend(crc.finalize().to_be_bytes());
    out.push(codec);
    out.extend_from_slice(head);
    out.extend_from_slice(payload);
}

thread_local! {
    /// Making one costs more than a block takes.
    static UNPACKER: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

/// What a frame turned out to be.
#[derive(Debug)]
pub(crate) enum Unpacked {
    /// Its plain octets.
    Plain(Vec<u8>),
    /// It is damaged: what is wrong.
    Damaged(&'static str),
}

/// Codec and payload of the frame in front, where they are whole.
pub(crate) fn body(frame: &[u8]) -> Result<&[u8], &'static str> {
    let mut input = Input(frame);
    let (Some(length), Some(sum)) = (input.u32(), input.u32()) else { return Err("short frame") };
    let body = input.0.get(..length as usize).ok_or("frame cut short")?;
    if crc32fast::hash(body) == sum { Ok(body) } else { Err("wrong checksum") }
}

/// Takes a whole frame, head and all.
pub(crate) fn unpack(frame: &[u8]) -> Unpacked {
    match body(frame).map(plain) {
        Err(what) => Unpacked::Damaged(what),
        Ok(plain) => plain.map_or(Unpacked::Damaged("does not decompress"), Unpacked::Plain),
    }
}

/// What codec and payload hold.
pub(crate) fn plain(body: &[u8]) -> Option<Vec<u8>> {
    let mut input = Input(body);
    match input.byte()? {
        PLAIN => Some(input.0.to_vec()),
        ZSTD => {
            let length = input.u32()? as usize;
            if length > OCTETS_MAX {
                return None;
            }
            let mut plain = Vec::with_capacity(length);
            let unpacked = UNPACKER.with_borrow_mut(|unpacker| {
                if unpacker.is_none() {
                    *unpacker = zstd::bulk::Decompressor::new().ok();
                }
                unpacker.as_mut()?.decompress_to_buffer(input.0, &mut plain).ok()
            });
            (unpacked? == length).then_some(plain)
        }
        _ => None,
    }
}

/// Reads the frame at `offset`, stored in so many octets.
pub(crate) fn read(file: &dyn File, offset: u64, stored: usize) -> io::Result<Unpacked> {
    if stored > OCTETS_MAX {
        return Ok(Unpacked::Damaged("impossible length"));
    }
    let mut frame = vec![0; stored];
    let read = file.read_at(&mut frame, offset)?;
    frame.truncate(read);
    Ok(unpack(&frame))
}

/// How many octets the frame at `offset` takes, head and all.
pub(crate) fn length_at(file: &dyn File, offset: u64) -> io::Result<u64> {
    let mut head = [0; HEAD];
    file.read_at(&mut head, offset)?;
    Ok(HEAD as u64 + u64::from(Input(&head).u32().unwrap_or(0)))
}

/// Reads the frame at `offset` whatever its length.
pub(crate) fn read_unsized(file: &dyn File, offset: u64, limit: u64) -> io::Result<Unpacked> {
    let mut head = [0; HEAD];
    file.read_at(&mut head, offset)?;
    let length = u64::from(Input(&head).u32().unwrap_or(0));
    if length > limit {
        return Ok(Unpacked::Damaged("impossible length"));
    }
    read(file, offset, HEAD + length as usize)
}
