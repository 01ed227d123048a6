#include "wire/archives.h"

#include "wire/json.h"

namespace holdfast::wire {
namespace {

constexpr std::array all_compressions = {Compression::none, Compression::zstd, Compression::gzip};
constexpr std::array<const char*, removal_reasons> reason_keys = {"too_old", "too_many", "beyond_total",
                                                                  "short_disk"};

constexpr std::size_t longest_words = 1000;

std::optional<Compression> compression_of(std::string_view text) {
  for (const Compression compression : all_compressions)
    if (word(compression) == text) return compression;
  return std::nullopt;
}

Result<RemovedArchives> decode_removed(const Json* value) {
  RemovedArchives removed;
  if (value == nullptr || !value->is_object()) return Error{"no number of removed archives"};
  Fields fields(*value);
  fields.need("files", removed.files);
  fields.need("bytes", removed.bytes);
  if (auto status = fields.finish(true); !status) return status.error();
  return removed;
}

} // namespace

std::string_view word(Compression compression) {
  switch (compression) {
  case Compression::none: return "none";
  case Compression::zstd: return "zstd";
  case Compression::gzip: return "gzip";
  }
  return "";
}

std::string encode(const ArchiveOrders& orders) {
  const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(orders.keep.age).count();
  return write_json({{"compress", word(orders.compression)},
                     {"keep_for_ms", static_cast<std::uint64_t>(age)},
                     {"keep_total", orders.keep.total},
                     {"keep_files", or_null(orders.keep.files)},
                     {"free_warn", orders.free.warn},
                     {"free_stop", orders.free.stop},
                     {"lock", orders.lock}});
}

std::string encode(const ArchiveTidings& tidings) {
  Json removed = Json::object();
  for (std::size_t i = 0; i < removal_reasons; ++i)
    removed[reason_keys.at(i)] = {{"files", tidings.removed.at(i).files},
                                  {"bytes", tidings.removed.at(i).bytes}};
  return write_json({{"removed", removed}, {"trouble", tidings.trouble.substr(0, longest_words)}});
}

Result<ArchiveOrders> decode_archive_orders(std::string_view text) {
  constexpr auto longest = std::chrono::duration_cast<std::chrono::milliseconds>(Duration::max());
  auto object = parse_object(text);
  if (!object) return object.error();
  ArchiveOrders orders;
  std::string compress;
  std::uint64_t age = 0;
  Fields fields(object.value());
  fields.need("compress", compress);
  fields.need("keep_for_ms", age);
  fields.need("keep_total", orders.keep.total);
  fields.need("keep_files", orders.keep.files);
  fields.need("free_warn", orders.free.warn);
  fields.need("free_stop", orders.free.stop);
  fields.need("lock", orders.lock);
  if (auto status = fields.finish(true); !status) return status.error();
  const auto compression = compression_of(compress);
  if (!compression) return Error{"an unknown compression"};
  if (age > static_cast<std::uint64_t>(longest.count())) return Error{"an age beyond all bounds"};
  orders.compression = *compression;
  orders.keep.age = std::chrono::milliseconds(age);
  return orders;
}

Result<ArchiveTidings> decode_archive_tidings(std::string_view text) {
  auto object = parse_object(text);
  if (!object) return object.error();
  ArchiveTidings tidings;
  Fields fields(object.value());
  const Json* const removed = fields.look("removed");
  fields.need("trouble", tidings.trouble);
  if (auto status = fields.finish(true); !status) return status.error();
  if (removed == nullptr || !removed->is_object()) return Error{"it does not say what was removed"};
  Fields reasons(*removed);
  for (std::size_t i = 0; i < removal_reasons; ++i) {
    const auto one = decode_removed(reasons.look(reason_keys.at(i)));
    if (!one) return one.error();
    tidings.removed.at(i) = one.value();
  }
  if (auto status = reasons.finish(true); !status) return status.error();
  return tidings;
}

} // namespace holdfast::wire
