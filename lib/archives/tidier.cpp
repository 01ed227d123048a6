#include "archives/tidier.h"

#include "base/clock.h"
#include "base/no_room.h"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <map>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace holdfast::archives {
namespace {

constexpr Duration between_signs_of_life = std::chrono::seconds(1);
/// While one file is compressed.
constexpr Duration between_looks = std::chrono::seconds(10);
constexpr std::size_t most_troubles = 20;

bool are_twins(const wire::LogName& plain, const wire::LogName& compressed) {
  return plain.compression == wire::Compression::none && compressed.service == plain.service &&
         compressed.moment == plain.moment;
}

/// So much for files that are to be compressed in a moment, which leaves a tenth of them: nothing is removed
/// for those, unless we cannot keep up.
wire::KeepLimits with_allowance(wire::KeepLimits keep) {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t quarter = keep.total / 4;
  keep.total = keep.total > most - quarter ? most : keep.total + quarter;
  return keep;
}

Status copy_times(int from, int to) {
  struct stat info {};
  if (::fstat(from, &info) != 0) return system_error("fstat", errno);
  const timespec times[] = {info.st_atim, info.st_mtim};
  if (::futimens(to, times) != 0) return system_error("its time", errno);
  return Done{};
}

std::uint64_t share_of(std::uint64_t all, std::uint64_t percent) {
  return all / 100 * percent + all % 100 * percent / 100;
}

std::string less_free_than(std::uint64_t percent) {
  return "less than " + std::to_string(percent) + "% of their file system is free";
}

} // namespace

Tidier::Tidier(int directory, wire::ArchiveOrders orders, Tell tell)
    : directory_(directory), orders_(std::move(orders)), tell_(std::move(tell)) {}

Status Tidier::run() {
  if (auto looked = look(); !looked) return looked;
  clear_unfinished();
  // Looked at anew each time: what was put aside while a large file was compressed counts too.
  for (;;) {
    if (auto looked = look(); !looked) return looked;
    settle_twins();
    const bool more = next_to_compress() != nullptr;
    remove_surplus(more ? with_allowance(orders_.keep) : orders_.keep);
    if (!more) break;
    if (const Entry* const next = next_to_compress()) compress(wire::LogName(next->name));
  }
  tell_of_short_disk();
  return Done{};
}

Status Tidier::look() {
  auto listing = directory_.list();
  if (!listing) return listing.error();
  listing_ = std::move(listing).value();
  looked_ = read_mono();
  for (const std::string& name : listing_.strangers)
    trouble(name + ": not a plain file of ours with one name; it is left alone");
  get_on();
  return Done{};
}

void Tidier::clear_unfinished() {
  for (const wire::LogName& name : listing_.unfinished)
    if (auto removed = directory_.remove(name); !removed) trouble(removed.error().what);
}

/// Of two of the same moment, what a crash left, only one stays.
void Tidier::settle_twins() {
  std::set<std::string> gone;
  // The name of a plain one is the beginning of the other's: they are neighbours.
  for (std::size_t i = 0; i + 1 < listing_.archives.size(); ++i) {
    const wire::LogName& plain = listing_.archives[i].name;
    for (std::size_t j = i + 1; j < listing_.archives.size(); ++j) {
      const wire::LogName& other = listing_.archives[j].name;
      if (!are_twins(plain, other) || gone.contains(text_of(plain))) break;
      const auto loser = settle(plain, other);
      if (loser) gone.insert(text_of(loser.value()));
      if (loser) continue;
      trouble(loser.error().what);
      tried_.insert(text_of(plain));
    }
  }
  std::erase_if(listing_.archives, [&](const Entry& entry) { return gone.contains(text_of(entry.name)); });
}

Result<wire::LogName> Tidier::settle(const wire::LogName& plain, const wire::LogName& compressed) const {
  const auto from = directory_.open(plain);
  if (!from) return from.error();
  const auto other = directory_.open(compressed);
  if (!other) return other.error();
  const auto likeness =
      compare(other.value().get(), compressed.compression, from.value().get(), [this] { get_on(); });
  if (!likeness) return likeness.error().in(text_of(compressed));
  if (likeness.value() == Likeness::other)
    return Error{text_of(plain) + " and " + text_of(compressed) + " differ; both are left alone"};
  const wire::LogName& loser = likeness.value() == Likeness::same ? plain : compressed;
  if (auto removed = directory_.remove(loser); !removed) return removed.error();
  return loser;
}

const Entry* Tidier::next_to_compress() const {
  if (orders_.compression == wire::Compression::none || no_room_) return nullptr;
  const Entry* oldest = nullptr;
  for (const Entry& entry : listing_.archives)
    if (entry.name.compression == wire::Compression::none && !tried_.contains(text_of(entry.name)) &&
        (oldest == nullptr || entry.name.put_aside < oldest->name.put_aside))
      oldest = &entry;
  return oldest;
}

void Tidier::compress(const wire::LogName& plain) {
  tried_.insert(text_of(plain));
  const auto from = directory_.open(plain);
  // A rotation that fails half way is taken back, and the file has its old name again.
  if (!from && from.error().code == ENOENT) return;
  const auto before = from ? Directory::see(from.value().get()) : Result<Directory::Seen>(from.error());
  const wire::LogName temporary = unfinished(as(plain, orders_.compression));
  Status done = before ? compress_into(temporary, from.value()) : Status(before.error());
  if (done) done = replace(plain, before.value(), temporary);
  if (done) return;
  no_room_ = is_no_room(done.error());
  // Somebody removed it meanwhile, as we do ourselves.
  if (done.error().code == ENOENT) return;
  trouble(text_of(plain) + " is not compressed: " + done.error().what);
}

Status Tidier::compress_into(const wire::LogName& temporary, const Fd& from) {
  const auto to = directory_.create(temporary);
  if (!to) return to.error();
  Status done = archives::compress(from.get(), to.value().get(), orders_.compression, [this] {
    get_on();
    keep_up();
  });
  if (done) done = copy_times(from.get(), to.value().get());
  if (done && ::fsync(to.value().get()) != 0) done = system_error("fsync", errno);
  // At once: the services' logs may need the room.
  if (!done) static_cast<void>(directory_.remove(temporary));
  return done;
}

Status Tidier::replace(const wire::LogName& plain, const Directory::Seen& before,
                       const wire::LogName& temporary) const {
  const auto now = directory_.see(plain);
  Status done = now ? Status(Done{}) : Status(now.error());
  if (now && now.value() != before) done = Error{"it was changed meanwhile"};
  if (done) done = directory_.rename(temporary, as(plain, orders_.compression));
  if (!done) {
    static_cast<void>(directory_.remove(temporary));
    return done;
  }
  // Twice: the plain one must not be gone after a crash of the machine that the other's name does not
  // survive.
  if (auto synced = directory_.sync(); !synced) return synced;
  if (auto removed = directory_.remove(plain); !removed) return removed;
  return directory_.sync();
}

void Tidier::remove_surplus(const wire::KeepLimits& keep) {
  std::map<std::string, wire::LogName> names;
  std::vector<Archive> all;
  for (const Entry& entry : listing_.archives) {
    const std::string text = text_of(entry.name);
    names.emplace(text, entry.name);
    all.push_back({text, entry.name.service, entry.name.put_aside, entry.bytes});
  }
  wire::ArchiveTidings tidings;
  std::set<std::string> gone;
  for (const Removal& removal :
       choose_removals(std::move(all), keep, read_wall(), missing_bytes(orders_.free.stop))) {
    if (auto removed = directory_.remove(names.at(removal.archive.name)); !removed) {
      trouble(removed.error().what + "; it is not removed");
      continue;
    }
    wire::RemovedArchives& count = tidings.removed.at(static_cast<std::size_t>(removal.reason));
    ++count.files;
    count.bytes += removal.archive.bytes;
    gone.insert(removal.archive.name);
  }
  std::erase_if(listing_.archives, [&](const Entry& entry) { return gone.contains(text_of(entry.name)); });
  if (!gone.empty()) tell_(tidings);
}

/// What the disk has less than is to be free on it; 0% is never looked at.
std::uint64_t Tidier::missing_bytes(std::uint64_t percent) {
  if (percent == 0) return 0;
  const auto space = directory_.space();
  if (!space) {
    trouble(space.error().what);
    return 0;
  }
  const std::uint64_t wanted = share_of(space.value().all, percent);
  return wanted - std::min(wanted, space.value().free);
}

/// When all is done that can be done about it.
void Tidier::tell_of_short_disk() {
  if (missing_bytes(orders_.free.stop) > 0)
    trouble(less_free_than(orders_.free.stop) + " (logging.free.stop), and no archive is left to be removed");
  else if (missing_bytes(orders_.free.warn) > 0)
    trouble(less_free_than(orders_.free.warn) + " (logging.free.warn)");
}

/// A large file takes long where others have the processors; the limits hold meanwhile.
void Tidier::keep_up() {
  if (read_mono() < later(looked_, between_looks)) return;
  // What this cannot look at is told when the file is done.
  if (look()) remove_surplus(with_allowance(orders_.keep));
}

/// Each once, though what it is about is met again.
void Tidier::trouble(const std::string& what) {
  if (troubles_.size() >= most_troubles || !troubles_.insert(what).second) return;
  tell_({.removed = {}, .trouble = what});
}

void Tidier::get_on() const {
  const MonoTime now = read_mono();
  if (now < later(told_, between_signs_of_life)) return;
  told_ = now;
  tell_({});
}

} // namespace holdfast::archives
