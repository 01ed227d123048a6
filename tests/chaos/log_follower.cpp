#include "chaos/log_follower.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <set>
#include <stdexcept>
#include <unistd.h>
#include <utility>
#include <zstd.h>

namespace holdfast::test {
namespace {

constexpr std::size_t block_size = 1U << 20U;
constexpr std::string_view compressed_ending = ".zst";
constexpr std::string_view unfinished = ".tmp";

/// "2026-11-24T06:53:30.123456Z ".
bool is_stamp(std::string_view text) {
  constexpr std::string_view form = "dddd-dd-ddTdd:dd:dd.ddddddZ ";
  return text.size() == form.size() &&
         std::equal(text.begin(), text.end(), form.begin(), [](char is, char wanted) {
           return wanted == 'd' ? std::isdigit(static_cast<unsigned char>(is)) != 0 : is == wanted;
         });
}

constexpr std::size_t stamp_size = 28;

} // namespace

/// The paths of what was put aside, without the ending of those that are compressed.
std::vector<std::string> LogFollower::put_aside() const {
  std::set<std::string> paths; // their names end with the time
  const std::string start = options_.service + ".log-";
  // Twice: one that is compressed while a directory is read may be seen under neither name.
  for (int i = 0; i < 2; ++i)
    for (const auto& entry : std::filesystem::directory_iterator(options_.logs)) {
      std::string path = entry.path().string();
      if (!entry.path().filename().string().starts_with(start) || path.ends_with(unfinished)) continue;
      if (path.ends_with(compressed_ending)) path.resize(path.size() - compressed_ending.size());
      // Of one that was read and removed while it was compressed there is the compressed one now.
      if (path <= last_)
        ::unlink(entry.path().c_str());
      else
        paths.insert(std::move(path));
    }
  return {paths.begin(), paths.end()};
}

void LogFollower::read_put_aside() {
  constexpr std::size_t left = 2;
  const auto paths = put_aside();
  for (std::size_t i = 0; i + left < paths.size(); ++i)
    read_one_put_aside(paths[i]);
}

LineCounts LogFollower::end() {
  for (const std::string& path : put_aside())
    read_one_put_aside(path);
  const std::string present = options_.logs + "/" + options_.service + ".log";
  const Fd file(::open(present.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid() && errno != ENOENT) throw std::runtime_error("cannot read " + present);
  // One that wrote nothing has none.
  if (file.valid()) read_plain(file);
  if (!rest_.empty()) take(std::exchange(rest_, {}));
  return audit_.end(runs_of(options_.records, options_.service));
}

void LogFollower::read_one_put_aside(const std::string& path) {
  const std::string compressed = path + std::string(compressed_ending);
  // The plain one is removed only when the compressed one has its name.
  if (const Fd plain(::open(path.c_str(), O_RDONLY | O_CLOEXEC)); plain.valid()) {
    read_plain(plain);
  } else {
    const Fd file(::open(compressed.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) throw std::runtime_error("cannot read " + path + ", plain or compressed");
    read_compressed(file, compressed);
  }
  last_ = path;
  ::unlink(path.c_str());
  ::unlink(compressed.c_str());
}

void LogFollower::read_plain(const Fd& file) {
  ++files_;
  std::string block(block_size, '\0');
  for (ssize_t n = 0; (n = ::read(file.get(), block.data(), block.size())) > 0;)
    take_bytes({block.data(), static_cast<std::size_t>(n)});
}

void LogFollower::read_compressed(const Fd& file, const std::string& path) {
  ++files_;
  ++compressed_;
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  std::string block(block_size, '\0');
  std::string text(block_size, '\0');
  std::size_t wanted = 1;
  for (ssize_t n = 0; (n = ::read(file.get(), block.data(), block.size())) > 0;) {
    ZSTD_inBuffer in{.src = block.data(), .size = static_cast<std::size_t>(n), .pos = 0};
    for (bool more = true; more;) {
      ZSTD_outBuffer out{.dst = text.data(), .size = text.size(), .pos = 0};
      wanted = ZSTD_decompressStream(context.get(), &out, &in);
      if (ZSTD_isError(wanted) != 0) throw std::runtime_error(path + ": " + ZSTD_getErrorName(wanted));
      take_bytes({text.data(), out.pos});
      more = in.pos < in.size || (out.pos == out.size && wanted != 0);
    }
  }
  if (wanted != 0) throw std::runtime_error(path + " breaks off");
}

void LogFollower::take_bytes(std::string_view text) {
  for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1)) {
    if (rest_.empty()) {
      take(text.substr(0, end));
      continue;
    }
    rest_ += text.substr(0, end);
    take(rest_);
    rest_.clear();
  }
  rest_ += text;
}

void LogFollower::take(std::string_view line) {
  if (options_.timestamps && is_stamp(line.substr(0, stamp_size))) line.remove_prefix(stamp_size);
  audit_.take(line);
}

} // namespace holdfast::test
