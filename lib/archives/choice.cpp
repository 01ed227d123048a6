#include "archives/choice.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace holdfast::archives {
namespace {

using Reason = wire::RemovalReason;

/// Compared as a span: that long before now may be no moment at all.
bool is_too_old(const Archive& archive, const wire::KeepLimits& keep, WallTime now) {
  return now > archive.put_aside && now - archive.put_aside > keep.age;
}

/// What the choice has left so far.
class Left {
public:
  explicit Left(const std::vector<Archive>& archives) {
    for (const Archive& archive : archives) {
      ++files_[archive.service];
      bytes_ += archive.bytes;
    }
  }
  void without(const Archive& archive) {
    --files_[archive.service];
    bytes_ -= archive.bytes;
    gone_ += archive.bytes;
  }
  [[nodiscard]] std::uint64_t files_of(const std::string& service) const { return files_.at(service); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t bytes_that_go() const { return gone_; }

private:
  std::map<std::string, std::uint64_t> files_;
  std::uint64_t bytes_ = 0;
  std::uint64_t gone_ = 0;
};

} // namespace

std::vector<Removal> choose_removals(std::vector<Archive> archives, const wire::KeepLimits& keep,
                                     WallTime now, std::uint64_t missing_bytes) {
  std::sort(archives.begin(), archives.end(), [](const Archive& a, const Archive& b) {
    return std::tie(a.put_aside, a.name) < std::tie(b.put_aside, b.name);
  });
  Left left(archives);
  std::vector<Removal> removals;
  const auto remove = [&](Archive& archive, Reason reason) {
    left.without(archive);
    removals.push_back({std::move(archive), reason});
  };
  // Bytes come last: nothing is to go for those of what goes anyway.
  std::vector<Archive> stay;
  for (Archive& archive : archives)
    if (is_too_old(archive, keep, now))
      remove(archive, Reason::too_old);
    else if (keep.files && left.files_of(archive.service) > *keep.files)
      remove(archive, Reason::too_many);
    else
      stay.push_back(std::move(archive));
  for (Archive& archive : stay)
    if (left.bytes() > keep.total)
      remove(archive, Reason::beyond_total);
    else if (left.bytes_that_go() < missing_bytes)
      remove(archive, Reason::short_disk);
  return removals;
}

} // namespace holdfast::archives
