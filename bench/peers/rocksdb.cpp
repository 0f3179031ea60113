// RocksDB with the store's keys: by owner reversed, by data, owner names. Values are merged: earliest, latest, sum.
//
// rocksdb merge|sorted DIR MOST INPUT...: stores at most so many observations of each input, a batch at a time, durably;
// `merge` writes a merge for each observation, `sorted` gathers two million distinct keys, sorts and ingests files.
#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <unordered_map>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/merge_operator.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>

#include "row.hpp"
using namespace rocksdb;

static void check(const Status &status) {
    if (!status.ok()) { fprintf(stderr, "%s\n", status.ToString().c_str()); exit(1); }
}

struct Union : AssociativeMergeOperator {
    bool Merge(const Slice &, const Slice *existing, const Slice &value, std::string *out, Logger *) const override {
        Value sum = Value::parse(value.data());
        if (existing) sum.add(Value::parse(existing->data()));
        *out = sum.packed();
        return true;
    }
    const char *Name() const override { return "union"; }
};

// Keys are F name …, I 4 address …, I n name …, I o data …, N name: filtered by name or address.
struct ByName : SliceTransform {
    static size_t length(const Slice &key) {
        size_t at = key[0] == 'I' ? 2 : 1;
        if (key[0] == 'I' && key[1] == '4') return std::min<size_t>(6, key.size());
        if (key[0] == 'I' && key[1] != 'n') return key.size();
        size_t name = name_length(key.data() + at, key.size() - at);
        return name ? at + name : key.size();
    }
    const char *Name() const override { return "name"; }
    Slice Transform(const Slice &key) const override { return Slice(key.data(), length(key)); }
    bool InDomain(const Slice &key) const override { return key.size() > 2; }
};

template <class Put> static void entries(const Row &row, Put put) {
    Bytes name = reversed(row.name), type{(char)(row.type >> 8), (char)row.type};
    put("F" + name + type + (char)row.bailiwick + row.data + (char)row.source);
    auto inverse = [&](const Bytes &by, const Bytes &rest) {
        put("I" + by + type + rest + name + (char)row.bailiwick + (char)row.source);
    };
    int at = target_at(row.type);
    if (row.type == 1) inverse("4" + row.data, "");
    else if (at < 0) inverse("o" + row.data, "");
    else {
        size_t length = name_length(row.data.data() + at, row.data.size() - at);
        inverse("n" + reversed(row.data.data() + at, length), row.data.substr(0, at) + row.data.substr(at + length));
        if (row.type == 6) { // a start of authority is looked up by its mailbox, too
            size_t next = name_length(row.data.data() + length, row.data.size() - length);
            inverse("n" + reversed(row.data.data() + length, next), row.data.substr(0, length) + row.data.substr(length + next));
        }
    }
    put("N" + row.name + Bytes(1, '\0'));
}

static uint64_t merge_each(DB *db, const Bytes &path, uint64_t most) {
    Input input(path);
    Row row;
    uint64_t rows = 0;
    WriteOptions durable;
    durable.sync = true;
    while (rows < most && input.batch()) {
        WriteBatch batch;
        for (; input.next(row); rows++) {
            Bytes value = Value::of(row).packed();
            entries(row, [&](const Bytes &key) {
                check(key[0] == 'N' ? batch.Put(key, "") : batch.Merge(key, value));
            });
        }
        check(db->Write(durable, &batch));
    }
    return rows;
}

// What waits to be sorted, behind a log of its own.
class Window {
    DB *db;
    Options options;
    Bytes dir;
    std::unordered_map<Bytes, Value> gathered;
    int log = -1, files = 0;

  public:
    Window(DB *db, const Options &options, const Bytes &dir) : db(db), options(options), dir(dir) { renew(); }
    void renew() {
        if (log >= 0) close(log);
        log = open((dir + "/window.log").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    }
    void add(const Bytes &key, const Value &value) {
        auto [at, fresh] = gathered.try_emplace(key, value);
        if (!fresh) at->second.add(value);
    }
    void durable(const Bytes &raw) {
        if (write(log, raw.data(), raw.size()) != (ssize_t)raw.size() || fdatasync(log)) { perror("log"); exit(1); }
        if (gathered.size() > 2000000) flush();
    }
    void flush() {
        if (gathered.empty()) return;
        std::vector<std::pair<Bytes, Value>> rows(gathered.begin(), gathered.end());
        std::unordered_map<Bytes, Value>().swap(gathered);
        std::sort(rows.begin(), rows.end(), [](auto &a, auto &b) { return a.first < b.first; });
        Bytes path = dir + "/sorted-" + std::to_string(files++) + ".sst";
        SstFileWriter writer(EnvOptions(), options);
        check(writer.Open(path));
        for (auto &[key, value] : rows) check(key[0] == 'N' ? writer.Put(key, "") : writer.Merge(key, value.packed()));
        check(writer.Finish());
        IngestExternalFileOptions ingest;
        ingest.move_files = true;
        check(db->IngestExternalFile({path}, ingest));
        renew();
    }
};

static uint64_t feed_sorted(Window &window, const Bytes &path, uint64_t most) {
    Input input(path);
    Row row;
    uint64_t rows = 0;
    while (rows < most && input.batch()) {
        Bytes raw;
        for (; input.next(row); rows++) {
            Value value = Value::of(row);
            raw += row.name + row.data + value.packed();
            entries(row, [&](const Bytes &key) { window.add(key, value); });
        }
        window.durable(raw);
    }
    window.flush();
    return rows;
}

int main(int argc, char **argv) {
    Bytes mode = argv[1], dir = argv[2];
    uint64_t most = strtoull(argv[3], nullptr, 10);
    std::filesystem::remove_all(dir);
    std::filesystem::create_directories(dir);
    Options options;
    options.create_if_missing = true;
    options.IncreaseParallelism(2);
    options.compression = kZSTD;
    options.write_buffer_size = 128 << 20;
    options.max_write_buffer_number = 4;
    options.level_compaction_dynamic_level_bytes = true;
    options.merge_operator = std::make_shared<Union>();
    options.prefix_extractor = std::make_shared<ByName>();
    BlockBasedTableOptions table;
    table.block_size = 16 << 10;
    table.block_cache = NewLRUCache(512 << 20);
    table.filter_policy.reset(NewBloomFilterPolicy(10));
    table.whole_key_filtering = false;
    table.format_version = 5;
    options.table_factory.reset(NewBlockBasedTableFactory(table));
    DB *db;
    check(DB::Open(options, dir + "/db", &db));
    Window window(db, options, dir);
    for (int at = 4; at < argc; at++) {
        Clock clock;
        uint64_t rows = mode == "merge" ? merge_each(db, argv[at], most) : feed_sorted(window, argv[at], most);
        clock.report((mode + ", " + std::filesystem::path(argv[at]).filename().string()).c_str(), rows);
    }
    Clock clock;
    CompactRangeOptions everything;
    everything.max_subcompactions = 2;
    check(db->Flush(FlushOptions()));
    check(db->CompactRange(everything, nullptr, nullptr));
    printf("full compaction: %.1f s, %.1f CPU-s\n", clock.seconds(), Clock::used() - clock.cpu);
    uint64_t octets = 0;
    for (auto &file : std::filesystem::directory_iterator(dir + "/db")) octets += file.file_size();
    printf("size: %lu octets\n", octets);

    auto count = [&](const Bytes &prefix, bool whole) {
        Bytes end = prefix;
        while (!end.empty() && (unsigned char)end.back() == 255) end.pop_back();
        end.back()++;
        Slice bound(end);
        ReadOptions reading;
        reading.iterate_upper_bound = &bound;
        reading.total_order_seek = !whole;
        reading.prefix_same_as_start = whole;
        std::unique_ptr<Iterator> rows(db->NewIterator(reading));
        size_t found = 0;
        static volatile uint64_t sum;
        for (rows->Seek(prefix); found < ROWS_MAX && rows->Valid(); rows->Next(), found++)
            sum = sum + Value::parse(rows->value().data()).count;
        return found;
    };
    ask_all(dir + "/../questions", [&](char kind, const Bytes &asked) -> size_t {
        if (kind == 'A' || kind == 'N') return count("I4" + asked, kind == 'A');
        Bytes name = reversed(asked);
        if (kind == 'E' || kind == 'M') return count("F" + name, true);
        name.pop_back();
        return count((kind == 'W' ? "F" : "In") + name, false);
    });
    delete db;
}
