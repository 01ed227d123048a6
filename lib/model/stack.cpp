#include "model/stack.h"

#include "model/due.h"

#include <cassert>

namespace holdfast::model {
namespace {

StackImage all_down(const StackSpec& spec, const Now& now) {
  StackImage image;
  image.services.resize(spec.services.size());
  for (Service& service : image.services) {
    service.since = now.mono;
    service.since_wall = now.wall;
  }
  image.state.conditions.resize(spec.conditions.size());
  image.state.verdict_since = now.wall;
  return image;
}

} // namespace

Stack::Stack(std::shared_ptr<const StackSpec> spec, const Now& now) : Stack(spec, all_down(*spec, now)) {}

Stack::Stack(std::shared_ptr<const StackSpec> spec, StackImage image)
    : spec_(std::move(spec)), services_(std::move(image.services)), state_(std::move(image.state)) {
  assert(services_.size() == spec_->services.size());
  derive();
}

void Stack::derive() {
  edges_ = make_edges(*spec_);
  deadlines_ = Deadlines(services_.size() + 1);
  deadlines_.set(0, due_time(state_));
  turn_queue_.clear();
  counts_ = {};
  marks_.assign(services_.size(), {});
  for (std::uint32_t i = 0; i < size(); ++i) {
    const Service& service = services_[i];
    counts_.count({i}, spec_->services[i], service, true);
    deadlines_.set(i + 1, due_time(spec_->services[i], service.phase));
    const auto* waiting = std::get_if<Waiting>(&service.phase);
    if (waiting != nullptr && waiting->look == Look::satisfied) turn_queue_.insert(edges_.turn_key({i}));
  }
}

void Stack::note_all_changed() {
  changed_.spec = true;
  changed_.services.clear();
  for (std::uint32_t i = 0; i < size(); ++i) {
    changed_.services.push_back({i});
    marks_[i].unsaved = true;
  }
}

void Stack::take_changed(Changed& into) {
  for (const ServiceId id : changed_.services)
    marks_[id.index].unsaved = false;
  std::swap(changed_, into);
  changed_.services.clear();
  changed_.spec = false;
}

std::optional<ServiceId> Stack::find(std::string_view name) const {
  for (std::uint32_t i = 0; i < size(); ++i)
    if (spec_->services[i].name == name && !spec_->services[i].removed) return ServiceId{i};
  return std::nullopt;
}

} // namespace holdfast::model
