#include "engine/configuration.h"

#include "base/clock.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <future>
#include <memory>
#include <utility>

namespace holdfast::engine {
namespace {

std::string beside(const std::string& file, const std::string& name) {
  const auto slash = file.rfind('/');
  return (slash == std::string::npos ? std::string() : file.substr(0, slash + 1)) + name;
}

WallTime time_of(const timespec& time) {
  return WallTime(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

} // namespace

Configuration::Configuration(boost::asio::io_context& loop, Options options)
    : loop_(loop), options_(std::move(options)) {
  look_at_files();
}

void Configuration::accept(config::Loaded loaded) {
  options_.accepted = std::move(loaded);
  look_at_files();
}

void Configuration::read(std::function<void(Found)> done) {
  boost::asio::post(thread_, [this, done = std::move(done)] {
    Found found{.loaded = options_.read(), .changed = {}};
    if (found.loaded.stack && options_.can_run) found.can_run = options_.can_run(*found.loaded.stack);
    for (const auto& [service, files] : marks_)
      for (const auto& [path, mark] : files)
        if (mark.has_changed(path)) found.changed[service].push_back(path);
    boost::asio::post(loop_, [done, found = std::move(found)]() mutable { done(std::move(found)); });
  });
}

void Configuration::mark(const std::string& service, const std::vector<std::string>& files) {
  boost::asio::post(thread_, [this, service, files] {
    auto& marks = marks_[service];
    marks.clear();
    for (const std::string& path : files)
      marks.emplace(path, FileMark::of(path));
  });
}

void Configuration::later(std::function<void()> job) {
  boost::asio::post(thread_, std::move(job));
}

void Configuration::drain(std::chrono::seconds within) {
  const auto done = std::make_shared<std::promise<void>>();
  boost::asio::post(thread_, [done] { done->set_value(); });
  static_cast<void>(done->get_future().wait_for(within));
}

void Configuration::look_at_files() {
  seen_.clear();
  std::vector<std::string> paths = options_.accepted.files;
  // A file that comes or goes is a change of its directory.
  paths.push_back(beside(options_.file, "stack.d"));
  for (std::string& path : paths) {
    Seen& one = seen_.emplace_back();
    one.path = std::move(path);
    one.is_there = ::stat(one.path.c_str(), &one.info) == 0;
  }
  asked_ = {};
  changed_.reset();
}

std::optional<WallTime> Configuration::changed_on_disk() const {
  constexpr auto at_most_every = std::chrono::seconds(1);
  const MonoTime now = read_mono();
  if (now < asked_ + at_most_every) return changed_;
  asked_ = now;
  const auto before = std::exchange(changed_, std::nullopt);
  for (const Seen& one : seen_) {
    struct stat info {};
    const bool there = ::stat(one.path.c_str(), &info) == 0;
    if (there == one.is_there && (!there || is_same_file(one.info, info))) continue;
    // Of one that is gone nobody knows since when but us.
    const WallTime since = there ? time_of(info.st_ctim) : before.value_or(read_wall());
    changed_ = changed_ ? std::min(*changed_, since) : since;
  }
  return changed_;
}

} // namespace holdfast::engine
