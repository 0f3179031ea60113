//! Where observations are read from: files and pipes, compressed or not. Compression is told by the first octets.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

/// How much is read at once.
const BUFFER_OCTETS: usize = 1 << 20;
const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Opens a file, or standard input for `-`; tells how many octets it has, where that is known.
pub fn open(file: &Path) -> io::Result<(Box<dyn Read>, Option<u64>)> {
    if file == Path::new("-") {
        return Ok((Box::new(io::stdin()), None));
    }
    let file = File::open(file)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "a directory; name the files in it"));
    }
    Ok((Box::new(file), metadata.is_file().then_some(metadata.len())))
}

/// What an input holds, decompressed where it is compressed with gzip or zstd.
pub fn plain<'i>(input: impl Read + 'i) -> io::Result<Box<dyn BufRead + 'i>> {
    let mut input = BufReader::with_capacity(BUFFER_OCTETS, input);
    let start = input.fill_buf()?;
    if start.starts_with(GZIP) {
        let plain = flate2::bufread::MultiGzDecoder::new(input);
        return Ok(Box::new(BufReader::with_capacity(BUFFER_OCTETS, plain)));
    }
    if start.starts_with(ZSTD) {
        let plain = zstd::Decoder::with_buffer(input)?;
        return Ok(Box::new(BufReader::with_capacity(BUFFER_OCTETS, plain)));
    }
    Ok(Box::new(input))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn compression_is_told_by_the_first_octets() {
        let text = b"{\"rrname\":\"widgets.example\"}\n".repeat(100);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&text).unwrap();
        let zstd = zstd::encode_all(text.as_slice(), 1).unwrap();
        for packed in [text.clone(), gzip.finish().unwrap(), zstd, Vec::new()] {
            let mut read = Vec::new();
            plain(packed.as_slice()).unwrap().read_to_end(&mut read).unwrap();
            assert!(read == text || packed.is_empty());
        }
    }
}
