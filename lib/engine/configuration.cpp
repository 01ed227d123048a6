#include "engine/configuration.h"

#include "base/clock.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <future>
#include <memory>
#include <utility>

namespace holdfast::engine {
namespace {

WallTime time_of(std::int64_t nanoseconds) {
  return WallTime(Duration(nanoseconds));
}

} // namespace

Configuration::Configuration(boost::asio::io_context& loop, Options options)
    : loop_(loop), options_(std::move(options)), states_(config::states_of(options_.accepted.kept)) {}

Status Configuration::prepare(const config::Loaded& loaded) {
  prepared_ = 0;
  if (!options_.kept) return Done{};
  const auto prepared = options_.kept->prepare(loaded.kept);
  if (!prepared) return prepared.error();
  prepared_ = prepared.value();
  return Done{};
}

void Configuration::accept(config::Loaded loaded) {
  options_.accepted = std::move(loaded);
  if (prepared_ != 0) options_.kept->put_in_force(prepared_);
  states_ = config::states_of(options_.accepted.kept);
  asked_ = {};
  changed_.reset();
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

std::optional<WallTime> Configuration::changed_on_disk() const {
  constexpr auto at_most_every = std::chrono::seconds(1);
  const MonoTime now = read_mono();
  if (now < asked_ + at_most_every) return changed_;
  asked_ = now;
  const auto before = std::exchange(changed_, std::nullopt);
  for (const auto& [path, state] : states_) {
    const FileState found = FileState::at(path);
    if (found == state) continue;
    // Of one that is gone nobody knows since when but us.
    const WallTime since = found.is_there ? time_of(found.changed) : before.value_or(read_wall());
    changed_ = changed_ ? std::min(*changed_, since) : since;
  }
  return changed_;
}

} // namespace holdfast::engine
