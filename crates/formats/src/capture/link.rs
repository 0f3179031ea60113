//! Link layers: where the IP packet begins in a frame (tcpdump.org/linktypes.html).

const NULL: u32 = 0;
const ETHERNET: u32 = 1;
const FDDI: u32 = 10;
const RAW: [u32; 3] = [12, 14, 101];
const LOOP: u32 = 108;
const LINUX: u32 = 113;
const IPV4: u32 = 228;
const IPV6: u32 = 229;
const LINUX_2: u32 = 276;
/// How many VLAN tags one frame may have.
const TAGS_MAX: usize = 4;

/// Whether frames of this link type can be read.
pub(super) fn is_known(link: u32) -> bool {
    RAW.contains(&link) || matches!(link, NULL | ETHERNET | FDDI | LOOP | LINUX | IPV4 | IPV6 | LINUX_2)
}

/// The IP packet in a frame; none where it has none.
pub(super) fn network(link: u32, frame: &[u8]) -> Option<&[u8]> {
    match link {
        ETHERNET => tagged(frame, 12),
        // FDDI has a control octet in front, and LLC and SNAP headers behind.
        FDDI => tagged(frame, 19),
        LINUX => tagged(frame, 14),
        LINUX_2 => tagged(frame, 0).map(|_| frame.get(20..))?,
        // Four octets of the address family, in the order of the machine that wrote it.
        NULL | LOOP => frame.get(4..),
        IPV4 | IPV6 => Some(frame),
        link if RAW.contains(&link) => Some(frame),
        _ => None,
    }
}

/// What follows the protocol number at `at`, past VLAN tags (IEEE 802.1Q), where it is IP.
fn tagged(frame: &[u8], at: usize) -> Option<&[u8]> {
    let mut at = at;
    for _ in 0..=TAGS_MAX {
        match frame.get(at..at + 2)? {
            [0x08, 0x00] | [0x86, 0xdd] => return frame.get(at + 2..),
            [0x81, 0x00] | [0x88, 0xa8] | [0x91, 0x00] => at += 4,
            _ => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packet_begins_after_the_link() {
        let ethernet = [&[0; 12][..], &[0x08, 0x00], b"ip"].concat();
        let vlan = [&[0; 12][..], &[0x88, 0xa8, 0, 7, 0x81, 0x00, 0, 9, 0x86, 0xdd], b"ip"].concat();
        let linux = [&[0; 14][..], &[0x08, 0x00], b"ip"].concat();
        let linux_2 = [&[0x86, 0xdd][..], &[0; 18], b"ip"].concat();
        for (link, frame) in [
            (1, ethernet),
            (1, vlan),
            (113, linux),
            (276, linux_2),
            (0, b"\x02\0\0\0ip".to_vec()),
            (101, b"ip".to_vec()),
        ] {
            assert_eq!(network(link, &frame), Some(&b"ip"[..]), "{link}");
            (0..frame.len()).for_each(|end| assert!(network(link, &frame[..end]) != Some(b"ip")));
        }
        assert_eq!(network(1, &[0x81, 0x00].repeat(30)), None, "tags without end");
        assert_eq!(network(1, &[&[0; 12][..], &[0x08, 0x06], b"arp"].concat()), None);
        assert!(!is_known(105));
    }
}
