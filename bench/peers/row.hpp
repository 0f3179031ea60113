// The workload as the exporter writes it, keys that both stores use, and the measuring of questions.
#pragma once
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <vector>

using Bytes = std::string;

struct Row {
    uint8_t source = 0, bailiwick = 255;
    uint16_t type = 0;
    uint64_t first = 0, last = 0, count = 0;
    Bytes name, data;
};

inline uint64_t number(const unsigned char *at, int octets) {
    uint64_t value = 0;
    for (int i = 0; i < octets; i++) value = value << 8 | at[i];
    return value;
}

// Reads rows batch by batch.
class Input {
    FILE *file;
    std::vector<char> buffer = std::vector<char>(1 << 20);
    uint8_t source = 0;
    uint32_t left = 0;
    void read(void *to, size_t octets) {
        if (fread(to, 1, octets, file) != octets) { fprintf(stderr, "input cut short\n"); exit(1); }
    }

  public:
    explicit Input(const Bytes &path) : file(fopen(path.c_str(), "rb")) {
        if (!file) { perror(path.c_str()); exit(1); }
        setvbuf(file, buffer.data(), _IOFBF, buffer.size());
    }
    ~Input() { fclose(file); }
    // How many rows the next batch has; 0 at the end.
    uint32_t batch() {
        unsigned char head[5];
        if (fread(head, 1, 5, file) != 5) return 0;
        source = head[0];
        return left = number(head + 1, 4);
    }
    bool next(Row &row) {
        if (left == 0) return false;
        left--;
        unsigned char head[30];
        read(head, 30);
        row.source = source;
        row.bailiwick = head[1];
        row.type = number(head + 2, 2);
        row.first = number(head + 6, 8), row.last = number(head + 14, 8), row.count = number(head + 22, 8);
        row.name.resize(head[0]);
        row.data.resize(number(head + 4, 2));
        read(row.name.data(), row.name.size());
        read(row.data.data(), row.data.size());
        return true;
    }
};

// A name of the wire, its labels in reverse order, ending with the root.
inline Bytes reversed(const char *wire, size_t length) {
    Bytes out(length, '\0');
    size_t end = length - 1;
    for (size_t at = 0; at + 1 < length;) {
        size_t label = 1 + (unsigned char)wire[at];
        end -= label;
        out.replace(end, label, wire + at, label);
        at += label;
    }
    return out;
}
inline Bytes reversed(const Bytes &wire) { return reversed(wire.data(), wire.size()); }

// How long the name is that stands at the beginning of these octets; 0 where there is none.
inline size_t name_length(const char *wire, size_t length) {
    for (size_t at = 0; at < length; at += 1 + (unsigned char)wire[at])
        if (wire[at] == 0) return at + 1;
    return 0;
}

// Where in the data the name stands that they point to; -1 where there is none.
inline int target_at(uint16_t type) {
    switch (type) {
    case 2: case 5: case 6: return 0;
    case 15: return 2;
    default: return -1;
    }
}

inline void put_varint(Bytes &out, uint64_t value) {
    for (; value >= 128; value >>= 7) out.push_back((char)(value | 128));
    out.push_back((char)value);
}
inline uint64_t take_varint(const unsigned char *&at) {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
        value |= (uint64_t)(*at & 127) << shift;
        if (*at++ < 128) return value;
    }
}

struct Value {
    uint64_t first, last, count;
    static Value of(const Row &row) { return {row.first, row.last, row.count}; }
    static Value parse(const char *octets) {
        auto at = (const unsigned char *)octets;
        uint64_t first = take_varint(at), last = take_varint(at);
        return {first, last, take_varint(at)};
    }
    void add(const Value &other) {
        first = std::min(first, other.first), last = std::max(last, other.last), count += other.count;
    }
    Bytes packed() const {
        Bytes out;
        put_varint(out, first), put_varint(out, last), put_varint(out, count);
        return out;
    }
};

struct Clock {
    std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
    double cpu = used();
    static double used() {
        rusage usage;
        getrusage(RUSAGE_SELF, &usage);
        auto seconds = [](timeval t) { return t.tv_sec + t.tv_usec / 1e6; };
        return seconds(usage.ru_utime) + seconds(usage.ru_stime);
    }
    double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(); }
    void report(const char *what, uint64_t rows) const {
        rusage usage;
        getrusage(RUSAGE_SELF, &usage);
        printf("%s: %lu observations, %.0f/s (%.2f s, %.1f CPU-s), peak memory %ld MiB\n", what, rows,
               rows / seconds(), seconds(), used() - cpu, usage.ru_maxrss / 1024);
        fflush(stdout);
    }
};

constexpr size_t ROWS_MAX = 10000;

// Asks every question of the file twice, and reports the second time. `ask` returns how many rows came.
inline void ask_all(const Bytes &path, const std::function<size_t(char, const Bytes &)> &ask) {
    FILE *file = fopen(path.c_str(), "rb");
    if (!file) { perror(path.c_str()); exit(1); }
    std::map<char, std::vector<Bytes>> questions;
    unsigned char head[3];
    while (fread(head, 1, 3, file) == 3) {
        Bytes octets(number(head + 1, 2), '\0');
        if (fread(octets.data(), 1, octets.size(), file) != octets.size()) exit(1);
        questions[head[0]].push_back(octets);
    }
    fclose(file);
    const std::map<char, const char *> names = {{'E', "exact name"}, {'M', "name not there"}, {'A', "address"},
                                                {'W', "left wildcard"}, {'N', "/24"}, {'T', "*.target"}};
    for (auto &[kind, asked] : questions) {
        for (auto &question : asked) ask(kind, question);
        std::vector<double> times;
        size_t rows = 0;
        Clock clock;
        for (auto &question : asked) {
            Clock one;
            rows += ask(kind, question);
            times.push_back(one.seconds() * 1e6);
        }
        double all = clock.seconds();
        std::sort(times.begin(), times.end());
        printf("%s: p50 %.1f us, p99 %.1f us, %.0f rows/s (%zu asked, %zu rows)\n", names.at(kind),
               times[times.size() / 2], times[times.size() * 99 / 100], rows / all, asked.size(), rows);
        fflush(stdout);
    }
}
