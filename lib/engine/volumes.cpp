#include "engine/volumes.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/nearest.h"
#include "linux/utf8.h"
#include "linux/volume.h"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <cinttypes>
#include <cstdio>
#include <unistd.h>
#include <utility>

namespace holdfast::engine {
namespace {

using wire::VolumeState;

/// Between two looks at one that is not right.
constexpr Duration look_again = std::chrono::seconds(5);
/// The same for one that is right, whose free space changes.
constexpr Duration look_at_space = std::chrono::seconds(60);
/// Many mounts come at once.
constexpr Duration settle = std::chrono::milliseconds(100);

constexpr std::size_t longest_words = 1000;

std::optional<ConditionId> condition_of(const model::StackSpec& spec, const std::string& volume) {
  const model::Condition wanted{.kind = model::ConditionKind::volume, .name = volume};
  const auto found = std::find(spec.conditions.begin(), spec.conditions.end(), wanted);
  if (found == spec.conditions.end()) return std::nullopt;
  return ConditionId{static_cast<std::uint32_t>(found - spec.conditions.begin())};
}

bool uses(const model::ServiceSpec& service, ConditionId condition) {
  return std::find(service.conditions.begin(), service.conditions.end(), condition) !=
         service.conditions.end();
}

/// Where no source says it, the file system of a plain directory is the one that it was on at first.
bool pins_file_system(const model::VolumeSpec& spec) {
  return !spec.mounted && spec.source.empty();
}

/// It needs root to look behind directories that belong to services; where we are not, it is us.
model::Program looker_program() {
  model::Program program;
  if (::geteuid() == 0) program.user = "root";
  return program;
}

/// Half of a marker's id; empty: the request has none.
std::string digits(CommandId id) {
  if (id == CommandId{}) return {};
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016" PRIx64, id.value);
  return text.data();
}

} // namespace

Volumes::Volumes(Parts parts, const model::Stack& stack, Options options, Handlers handlers)
    : parts_(parts), stack_(stack), options_(std::move(options)), handlers_(std::move(handlers)),
      memory_(options_.memory), timer_(parts.loop) {}

void Volumes::respecified() {
  std::vector<Volume> all;
  for (const model::VolumeSpec& spec : stack_.spec().volumes) {
    Volume volume;
    if (Volume* known = find(spec.name)) {
      volume = std::move(*known);
      volumes_.erase(volumes_.begin() + (known - volumes_.data()));
    }
    if (volume.spec != spec) volume.seen = {};
    volume.spec = spec;
    all.push_back(std::move(volume));
  }
  std::swap(volumes_, all);
  for (Volume& gone : all)
    finish(gone, {.refused = "the volume is not in the configuration any more", .marker = {}});
  for (Volume& volume : volumes_)
    if (volume.seen.state == VolumeState::unknown) look(volume);
  if (!volumes_.empty()) wake_within(look_again);
}

Volumes::Volume* Volumes::find(const std::string& name) {
  const auto found =
      std::find_if(volumes_.begin(), volumes_.end(), [&](const Volume& v) { return v.spec.name == name; });
  return found == volumes_.end() ? nullptr : &*found;
}

wire::VolumeQuestion Volumes::question_of(const Volume& volume) const {
  const VolumeMemory::Known known = memory_.of(volume.spec.name);
  return {.adopt = volume.adopt != nullptr,
          .path = volume.spec.path,
          .source = volume.spec.source,
          .type = volume.spec.type,
          .mounted = volume.spec.mounted,
          .marker = volume.spec.marker,
          .known_marker = known.marker,
          .known_file_system = known.file_system,
          .marker_begins = volume.adopt ? digits(volume.adopt_id) : std::string()};
}

void Volumes::look(Volume& volume) {
  if (std::exchange(volume.looking, true)) {
    volume.again = true;
    return;
  }
  volume.again = false;
  volume.asked = read_mono();
  SidePrograms::Order order;
  order.key = "look at " + volume.spec.name;
  order.place = parts_.tree.look();
  order.program = looker_program();
  order.argv = options_.looker.program;
  order.argv.push_back(wire::encode(question_of(volume)));
  order.timeout = options_.looker.patience;
  order.kept_output = wire::longest_volume_answer;
  // Never in the call that asks for a look, which goes on with what it knew.
  order.ended = [this, asked = volume.spec, adopts = volume.adopt != nullptr](SideEnd end) {
    boost::asio::post(parts_.loop,
                      [this, asked, adopts, end = std::move(end)] { answered(asked, adopts, end); });
  };
  parts_.programs.start(std::move(order));
}

void Volumes::answered(const model::VolumeSpec& asked, bool adopts, const SideEnd& end) {
  Volume* volume = find(asked.name);
  if (volume == nullptr) return;
  volume->looking = false;
  const bool outdated = volume->spec != asked;
  if (!outdated) take(*volume, adopts, end);
  if (outdated || volume->again) look(*volume);
}

void Volumes::take(Volume& volume, bool adopts, const SideEnd& end) {
  std::string why;
  switch (end.how) {
  case SideEnd::How::exited: {
    auto answer = wire::decode_volume_answer(end.output);
    if (answer && adopts) return take_adoption(volume, answer.value());
    if (answer) return take(volume, std::move(answer).value());
    why = linux_os::harmless(end.output, longest_words);
    break;
  }
  case SideEnd::How::failed:
  case SideEnd::How::not_started: why = end.error.what; break;
  case SideEnd::How::timed_out:
  case SideEnd::How::busy:
    is_stuck(volume);
    if (adopts) finish(volume, {.refused = volume.seen.what, .marker = {}});
    return;
  }
  why = "it cannot be looked at: " + why;
  is_unclear(volume, why);
  if (adopts) finish(volume, {.refused = why, .marker = {}});
}

void Volumes::take(Volume& volume, wire::VolumeAnswer answer) {
  answer.what = linux_os::harmless(std::move(answer.what), longest_words);
  volume.seen = std::move(answer);
  tell(volume);
  if (volume.seen.state != VolumeState::present) return wake_within(look_again);
  const VolumeMemory::Known known = memory_.of(volume.spec.name);
  const bool is_new = known.marker.empty() && !volume.seen.marker.empty();
  if (is_new)
    handlers_.told("volume " + volume.spec.name + ": its marker " + volume.seen.marker +
                   " is seen for the first time and remembered");
  if (is_new ||
      (known.file_system.empty() && pins_file_system(volume.spec) && !volume.seen.file_system.empty()))
    remember(volume, [](const Status&) {});
}

void Volumes::take_adoption(Volume& volume, const wire::VolumeAnswer& answer) {
  if (!answer.refused.empty()) {
    volume.again = true;
    return finish(volume, {.refused = linux_os::harmless(answer.refused, longest_words), .marker = {}});
  }
  volume.seen = answer;
  tell(volume);
  remember(volume, [this, name = volume.spec.name, marker = answer.marker](const Status& written) {
    if (Volume* still = find(name))
      finish(*still, {.refused = written ? std::string() : written.error().what, .marker = marker});
  });
}

/// One that was right may be slow for once: it is not taken from those who use it, but nobody starts on it.
void Volumes::is_stuck(Volume& volume) {
  volume.seen.state = VolumeState::stuck;
  volume.seen.what = volume.spec.path + " does not answer";
  volume.seen.free_bytes = volume.seen.size_bytes = std::nullopt;
  if (!volume.is_right()) tell(volume);
  wake_within(look_again);
}

void Volumes::is_unclear(Volume& volume, const std::string& why) {
  if (volume.seen.state == VolumeState::present) return;
  volume.seen = {};
  volume.seen.what = why;
  if (!volume.is_right()) tell(volume);
  wake_within(look_again);
}

void Volumes::tell(Volume& volume) {
  const bool met = volume.seen.state == VolumeState::present;
  const std::string what = met ? std::string() : volume.seen.what;
  if (volume.told == what) return;
  volume.told = what;
  if (const auto condition = condition_of(stack_.spec(), volume.spec.name))
    handlers_.happened(model::ConditionSeen{*condition, met, what});
}

void Volumes::mounts_changed() {
  const auto mounts = linux_os::read_mountinfo();
  for (Volume& volume : volumes_) {
    if (!mounts || !volume.is_right() || volume.seen.mount == 0) continue;
    auto change = linux_os::changed_since(volume.seen, mounts.value());
    if (change.state == VolumeState::present) continue;
    volume.seen.state = change.state;
    volume.seen.what = linux_os::harmless(std::move(change.what), longest_words);
    tell(volume);
  }
  wake_within(settle);
}

std::string Volumes::refusal(ServiceId service) const {
  const model::ServiceSpec& spec = stack_.spec(service);
  std::optional<Result<std::vector<linux_os::Mount>>> mounts;
  for (const Volume& volume : volumes_) {
    const auto condition = condition_of(stack_.spec(), volume.spec.name);
    if (!condition || !uses(spec, *condition)) continue;
    const std::string who = "volume " + volume.spec.name + ": ";
    if (volume.seen.state != VolumeState::present)
      return who + (volume.seen.what.empty() ? "not looked at yet" : volume.seen.what);
    if (!mounts) mounts = linux_os::read_mountinfo();
    if (!*mounts) return who + mounts->error().what;
    const auto change = linux_os::changed_since(volume.seen, mounts->value());
    if (change.state != VolumeState::present) return who + linux_os::harmless(change.what, longest_words);
  }
  return {};
}

void Volumes::adopt(const std::string& name, CommandId id, std::function<void(const Adopted&)> told) {
  Volume* volume = find(name);
  if (volume == nullptr) {
    std::vector<std::string_view> names;
    for (const Volume& one : volumes_)
      names.push_back(one.spec.name);
    const std::string meant(nearest(name, names));
    return told(
        {.refused = "no volume \"" + name + "\"" + (meant.empty() ? "" : "; did you mean \"" + meant + "\"?"),
         .marker = {}});
  }
  if (volume->adopt) return told({.refused = "it is being adopted already", .marker = {}});
  volume->adopt = std::move(told);
  volume->adopt_id = id;
  look(*volume);
}

void Volumes::finish(Volume& volume, const Adopted& outcome) {
  if (auto told = std::exchange(volume.adopt, nullptr)) told(outcome);
}

void Volumes::remember(const Volume& volume, std::function<void(const Status&)> done) {
  const bool pinned = pins_file_system(volume.spec);
  memory_.remember(volume.spec.name, {.marker = volume.seen.marker,
                                      .file_system = pinned ? volume.seen.file_system : std::string()});
  handlers_.on_disk([this, text = memory_.text(), done = std::move(done)] {
    auto written = replace_file(memory_.path(), text, 0640);
    boost::asio::post(parts_.loop, [this, written, done] {
      if (!written) handlers_.told("what is known of volumes cannot be kept: " + written.error().what);
      done(written);
    });
  });
}

std::vector<wire::VolumeStatus> Volumes::status() const {
  std::vector<wire::VolumeStatus> all;
  for (const Volume& volume : volumes_) {
    const auto condition = condition_of(stack_.spec(), volume.spec.name);
    wire::VolumeStatus& shown = all.emplace_back();
    shown.name = volume.spec.name;
    shown.path = volume.spec.path;
    shown.state = wire::word(volume.seen.state);
    shown.why = volume.seen.what;
    shown.source = volume.spec.source;
    shown.type = volume.spec.type;
    shown.marker = volume.seen.marker;
    shown.free_bytes = volume.seen.free_bytes;
    shown.size_bytes = volume.seen.size_bytes;
    for (std::uint32_t i = 0; condition && i < stack_.size(); ++i)
      if (!stack_.spec({i}).removed && uses(stack_.spec({i}), *condition))
        shown.used_by.push_back(stack_.spec({i}).name);
  }
  return all;
}

void Volumes::wake_within(Duration span) {
  const MonoTime wanted = later(read_mono(), span);
  if (due_ <= wanted) return;
  due_ = wanted;
  timer_.expires_at(std::chrono::steady_clock::time_point(wanted.time_since_epoch()));
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    due_ = never;
    woken();
  });
}

void Volumes::woken() {
  const MonoTime now = read_mono();
  bool all_right = true;
  for (Volume& volume : volumes_) {
    const bool right = volume.seen.state == VolumeState::present;
    all_right = all_right && right;
    if (!volume.looking && (!right || later(volume.asked, look_at_space) <= now)) look(volume);
  }
  if (!volumes_.empty()) wake_within(all_right ? look_at_space : look_again);
}

} // namespace holdfast::engine
