#include "engine/last_stop_rows.h"

#include "base/number.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <string_view>

namespace holdfast::engine {
namespace {

void copy_path(std::array<char, wire::last_stop_path>& to, std::string_view path) {
  const std::size_t length = std::min(path.size(), to.size() - 1);
  std::copy_n(path.begin(), length, to.begin());
  to[length] = '\0';
}

std::string_view path_in(const std::array<char, wire::last_stop_path>& from) {
  return {from.data(), ::strnlen(from.data(), from.size())};
}

/// A rung that runs a program cannot be climbed without an engine: the first signal of the ladder stands for
/// it.
int first_signal(const model::ServiceSpec& spec) {
  for (const model::Rung& rung : spec.stop)
    if (rung.signal != 0) return rung.signal;
  return SIGTERM;
}

std::uint32_t whole_wait_ms(const model::ServiceSpec& spec) {
  Duration sum{};
  for (const model::Rung& rung : spec.stop)
    sum += rung.wait;
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(sum).count();
  return static_cast<std::uint32_t>(std::min<std::int64_t>(ms, UINT32_MAX));
}

} // namespace

void LastStopRows::set_stack(const std::string& stack, const std::string& observer, const std::string& door) {
  copy_path(table_.door, door);
  copy_path(table_.observer, observer);
  copy_path(table_.stack, stack);
}

void LastStopRows::set_place(const Tree::Place& place) {
  copy_path(table_.home, place.home);
  table_.base_is_ours = place.is_base_ours ? 1 : 0;
}

std::optional<Tree::Place> LastStopRows::place_in(const wire::LastStopTable& table) {
  const std::string stack(path_in(table.stack));
  const std::size_t above = stack.rfind('/');
  if (above == std::string::npos || above == 0) return std::nullopt;
  return Tree::Place{.base = stack.substr(0, above),
                     .home = std::string(path_in(table.home)),
                     .is_base_ours = table.base_is_ours != 0};
}

std::optional<LastStopRows::OfRun> LastStopRows::find(ServiceId service, const std::string& leaf) const {
  wire::LastStopRow& row = table_.rows[service.index];
  if (row.in_use.load() == 0 || path_in(row.leaf) != leaf) return std::nullopt;
  return OfRun{.pid = &row.pid, .rungs_done = row.rungs_done.load(), .was_ready = row.was_ready.load() != 0};
}

std::atomic<std::int32_t>* LastStopRows::prepare(const model::Stack& stack, ServiceId service,
                                                 const std::string& leaf) {
  wire::LastStopRow& row = table_.rows[service.index];
  const model::ServiceSpec& spec = stack.spec(service);
  row.in_use.store(0);
  row.pid.store(0);
  row.rungs_done.store(0);
  row.was_ready.store(0);
  row.rank = stack.depth(service);
  row.signal = first_signal(spec);
  row.wait_ms = whole_wait_ms(spec);
  copy_path(row.leaf, leaf);
  row.in_use.store(1);
  return &row.pid;
}

void LastStopRows::refresh(const model::Stack& stack, ServiceId service) {
  wire::LastStopRow& row = table_.rows[service.index];
  if (row.in_use.load() == 0) return;
  const model::ServiceSpec& spec = stack.spec(service);
  row.rank = stack.depth(service);
  row.signal = first_signal(spec);
  row.wait_ms = whole_wait_ms(spec);
}

void LastStopRows::note_rung(ServiceId service, std::size_t rung) {
  table_.rows[service.index].rungs_done.store(static_cast<std::uint32_t>(rung + 1));
}

RunNumber LastStopRows::last_run(ServiceId service) const {
  const std::string_view leaf = path_in(table_.rows[service.index].leaf);
  return {whole_number<std::uint64_t>(leaf.substr(leaf.rfind('/') + 1)).value_or(0)};
}

void LastStopRows::note_ready(ServiceId service) {
  table_.rows[service.index].was_ready.store(1);
}

void LastStopRows::forget_pid(ServiceId service) {
  table_.rows[service.index].pid.store(0);
}

void LastStopRows::clear(ServiceId service) {
  table_.rows[service.index].in_use.store(0);
}

} // namespace holdfast::engine
