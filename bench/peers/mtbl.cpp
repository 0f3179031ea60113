// libmtbl with the tables that dnstable keeps (dnstable-encoding(5)): owner names reversed, owner names, data, names in
// data reversed. A source is one octet at the end of a key, since the workload's facts have one.
//
// mtbl DIR INPUT...: sorts the inputs into DIR/{forward,inverse}.mtbl, one thread each, and asks DIR/../questions.
#include <mtbl.h>

#include <filesystem>
#include <thread>

#include "row.hpp"

static void merge(void *, const uint8_t *, size_t, const uint8_t *a, size_t, const uint8_t *b, size_t, uint8_t **out,
                  size_t *length) {
    Value value = Value::parse((const char *)a);
    value.add(Value::parse((const char *)b));
    Bytes packed = value.packed();
    *length = packed.size();
    *out = (uint8_t *)malloc(packed.size());
    packed.copy((char *)*out, packed.size());
}

static void check(mtbl_res result) {
    if (result != mtbl_res_success) { fprintf(stderr, "libmtbl refused\n"); exit(1); }
}

using Put = std::function<void(const Bytes &key, const Bytes &value)>;

static void forward(const Row &row, const Bytes &value, const Put &put) {
    Bytes key(1, '\0'), name = reversed(row.name);
    key += name;
    put_varint(key, row.type);
    // The bailiwick is a name: so many labels from the end.
    size_t end = 0;
    for (int labels = row.bailiwick; labels > 0 && name[end]; labels--) end += 1 + (unsigned char)name[end];
    key.append(name, 0, row.bailiwick == 255 ? 0 : end).push_back('\0');
    put_varint(key, row.data.size());
    put(key + row.data + (char)row.source, value);
    put(Bytes(1, '\1') + row.name, Value{0, 0, 0}.packed());
}

static void inverse(const Row &row, const Bytes &value, const Put &put) {
    Bytes name = reversed(row.name), tail;
    auto entry = [&](const Bytes &latter, const Bytes &initial) {
        Bytes key = Bytes(1, '\2') + latter;
        put_varint(key, row.type);
        key += name + initial;
        key.push_back((char)latter.size()), key.push_back((char)(latter.size() >> 8));
        put(key + (char)row.source, value);
    };
    entry(row.data, "");
    int at = target_at(row.type);
    if (at < 0) return;
    if (at > 0) entry(row.data.substr(at), row.data.substr(0, at));
    size_t length = name_length(row.data.data() + at, row.data.size() - at);
    put(Bytes(1, '\3') + reversed(row.data.data() + at, length), Value{0, 0, 0}.packed());
}

static uint64_t write(const Bytes &path, const std::vector<Bytes> &inputs, decltype(forward) *entries) {
    auto *options = mtbl_sorter_options_init();
    mtbl_sorter_options_set_merge_func(options, merge, nullptr);
    mtbl_sorter_options_set_max_memory(options, 512 << 20);
    mtbl_sorter_options_set_temp_dir(options, std::filesystem::path(path).parent_path().c_str());
    auto *sorter = mtbl_sorter_init(options);
    uint64_t rows = 0;
    for (auto &input : inputs) {
        Input file(input);
        Row row;
        while (file.batch())
            for (; file.next(row); rows++)
                entries(row, Value::of(row).packed(), [&](const Bytes &key, const Bytes &value) {
                    check(mtbl_sorter_add(sorter, (const uint8_t *)key.data(), key.size(), (const uint8_t *)value.data(),
                                          value.size()));
                });
    }
    auto *writing = mtbl_writer_options_init();
    mtbl_writer_options_set_compression(writing, MTBL_COMPRESSION_ZSTD);
    std::filesystem::remove(path);
    auto *writer = mtbl_writer_init(path.c_str(), writing);
    check(mtbl_sorter_write(sorter, writer));
    mtbl_writer_destroy(&writer);
    mtbl_sorter_destroy(&sorter);
    return rows;
}

// Counts entries that begin so and that `is` takes, and reads their values.
template <class Is> static size_t count(mtbl_reader *reader, const Bytes &prefix, size_t most, Is is) {
    auto *rows = mtbl_source_get_prefix(mtbl_reader_source(reader), (const uint8_t *)prefix.data(), prefix.size());
    const uint8_t *key, *value;
    size_t key_length, value_length, found = 0;
    static uint64_t sum;
    while (found < most && mtbl_iter_next(rows, &key, &key_length, &value, &value_length) == mtbl_res_success)
        if (is((const char *)key, key_length)) found++, sum += Value::parse((const char *)value).count;
    mtbl_iter_destroy(&rows);
    asm volatile("" : : "r"(sum));
    return found;
}

int main(int argc, char **argv) {
    Bytes dir = argv[1];
    std::vector<Bytes> inputs(argv + 2, argv + argc);
    std::filesystem::create_directories(dir);
    Bytes ahead = dir + "/forward.mtbl", back = dir + "/inverse.mtbl";
    Clock clock;
    uint64_t rows = 0;
    std::thread beside([&] { write(back, inputs, inverse); });
    rows = write(ahead, inputs, forward);
    beside.join();
    clock.report("sorted into files", rows);
    printf("size: %lu octets\n", (unsigned long)(std::filesystem::file_size(ahead) + std::filesystem::file_size(back)));

    auto *names = mtbl_reader_init(ahead.c_str(), nullptr), *data = mtbl_reader_init(back.c_str(), nullptr);
    auto any = [](const char *, size_t) { return true; };
    // Data of this length, as the end of the key says.
    auto address = [](const char *key, size_t length) { return key[length - 3] == 4 && key[length - 2] == 0 && key[5] == 1; };
    ask_all(dir + "/../questions", [&](char kind, const Bytes &asked) -> size_t {
        if (kind == 'A' || kind == 'N') return count(data, Bytes(1, '\2') + asked, ROWS_MAX, address);
        Bytes name = reversed(asked);
        if (kind == 'E' || kind == 'M') return count(names, Bytes(1, '\0') + name, ROWS_MAX, any);
        name.pop_back();
        if (kind == 'W') return count(names, Bytes(1, '\0') + name, ROWS_MAX, any);
        size_t found = 0;
        count(data, Bytes(1, '\3') + name, ROWS_MAX, [&](const char *key, size_t length) {
            if (found < ROWS_MAX) found += count(data, Bytes(1, '\2') + reversed(key + 1, length - 1), ROWS_MAX - found, any);
            return true;
        });
        return found;
    });
}
