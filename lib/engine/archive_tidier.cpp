#include "engine/archive_tidier.h"

#include "base/clock.h"
#include "base/size.h"
#include "linux/utf8.h"
#include "model/words.h"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <unistd.h>
#include <utility>

namespace holdfast::engine {
namespace {

/// Several services' files are put aside at the same moment, and nobody waits for this.
constexpr Duration settle = std::chrono::seconds(1);
/// What is kept by its age is looked at so often, and the disk, which others fill too.
constexpr Duration between_rounds = std::chrono::minutes(5);

/// After one that did not come to its end.
constexpr Duration before_another = std::chrono::minutes(1);

constexpr std::size_t longest_words = 1000;

wire::Compression compression_of(model::LogCompression wanted) {
  switch (wanted) {
  case model::LogCompression::none: return wire::Compression::none;
  case model::LogCompression::zstd: return wire::Compression::zstd;
  case model::LogCompression::gzip: return wire::Compression::gzip;
  }
  return wire::Compression::none;
}

/// What root's daemon made is root's; where we are not root, it is ours.
model::Program tidier_program() {
  model::Program program;
  if (::geteuid() == 0) program.user = "root";
  return program;
}

/// "90 days": as an operator has written it.
std::string words_of_age(Duration age) {
  constexpr Duration day = std::chrono::hours(24);
  if (age < day || age % day != Duration{}) return format_span(age);
  return std::to_string(age / day) + (age == day ? " day" : " days");
}

std::string words_of(wire::RemovalReason reason, const model::LogArchives& limits) {
  switch (reason) {
  case wire::RemovalReason::too_old: return "older than " + words_of_age(limits.keep_for);
  case wire::RemovalReason::too_many:
    return "beyond " + std::to_string(limits.keep_files.value_or(0)) + " of their service";
  case wire::RemovalReason::beyond_total:
    return "beyond " + format_bytes(limits.keep_total) + " of all together";
  case wire::RemovalReason::short_disk:
    return "because less than " + std::to_string(limits.stop_percent) + "% of their file system was free";
  }
  return {};
}

} // namespace

ArchiveTidier::ArchiveTidier(Parts parts, Options options, Handlers handlers)
    : parts_(parts), options_(std::move(options)), handlers_(std::move(handlers)), timer_(parts.loop) {}

void ArchiveTidier::respecified(const model::LogArchives& wanted) {
  wanted_ = wanted;
  rotated();
}

void ArchiveTidier::rotated() {
  again_ = true;
  if (!working_) tidy_within(settle);
}

void ArchiveTidier::stop() {
  stopped_ = true;
  timer_.cancel();
}

void ArchiveTidier::tidy_within(Duration span) {
  const MonoTime wanted = later(read_mono(), span);
  if (stopped_ || due_ <= wanted) return;
  due_ = wanted;
  timer_.expires_at(std::chrono::steady_clock::time_point(wanted.time_since_epoch()));
  timer_.async_wait([this](boost::system::error_code error) {
    if (error || stopped_) return;
    due_ = never;
    tidy();
  });
}

void ArchiveTidier::tidy() {
  working_ = true;
  again_ = false;
  at_work_ = wanted_;
  const wire::ArchiveOrders orders{
      .compression = compression_of(wanted_.compression),
      .keep = {.age = wanted_.keep_for, .total = wanted_.keep_total, .files = wanted_.keep_files},
      .free = {.warn = wanted_.warn_percent, .stop = wanted_.stop_percent},
      .lock = options_.lock};
  SidePrograms::Order order;
  order.key = "tidy log archives";
  order.place = parts_.tree.look();
  order.program = tidier_program();
  order.argv = options_.program.words;
  order.argv.push_back(wire::encode(orders));
  order.input = options_.directory;
  order.timeout = options_.program.patience;
  order.kept_output = wire::longest_archive_tidings;
  order.line = [this](const std::string& line) { hear(line); };
  // Never in the call that starts it.
  order.ended = [this](SideEnd end) {
    boost::asio::post(parts_.loop, [this, end = std::move(end)] { ended(end); });
  };
  parts_.programs.start(std::move(order));
}

void ArchiveTidier::hear(const std::string& line) {
  auto tidings = wire::decode_archive_tidings(line);
  // It says in plain words why it cannot work at all.
  if (!tidings) return trouble(line);
  for (std::size_t i = 0; i < wire::removal_reasons; ++i) {
    tidings_.removed.at(i).files += tidings.value().removed.at(i).files;
    tidings_.removed.at(i).bytes += tidings.value().removed.at(i).bytes;
  }
  if (!tidings.value().trouble.empty()) trouble(std::move(tidings.value().trouble));
}

void ArchiveTidier::ended(const SideEnd& end) {
  const bool well = end.how == SideEnd::How::exited && end.status.signal == 0 && end.status.code == 0;
  switch (end.how) {
  case SideEnd::How::exited:
    // Where it failed in an orderly way it has said why.
    if (!well && (end.status.signal != 0 || troubles_.empty()))
      trouble("the program that tidies them: " + model::words(end.status));
    break;
  case SideEnd::How::failed:
  case SideEnd::How::not_started:
    trouble("the program that tidies them is not started: " + end.error.what);
    break;
  case SideEnd::How::timed_out:
    trouble("the program that tidies them did not get on for " + format_span(options_.program.patience) +
            ", and is killed");
    break;
  case SideEnd::How::busy: trouble("the program that tidied them last has not ended yet"); break;
  }
  tell_removed();
  told_ = std::exchange(troubles_, {});
  working_ = false;
  tidy_within(again_ ? settle : well ? between_rounds : before_another);
}

void ArchiveTidier::tell_removed() {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::vector<std::size_t> reasons;
  for (std::size_t i = 0; i < wire::removal_reasons; ++i) {
    if (tidings_.removed.at(i).files == 0) continue;
    files += tidings_.removed.at(i).files;
    bytes += tidings_.removed.at(i).bytes;
    reasons.push_back(i);
  }
  std::string text = std::to_string(files) + (files == 1 ? " archive" : " archives") + " removed, " +
                     format_bytes(bytes) + ":";
  for (const std::size_t reason : reasons) {
    if (reason != reasons.front()) text += ",";
    if (reasons.size() > 1) text += " " + std::to_string(tidings_.removed.at(reason).files);
    text += " " + words_of(static_cast<wire::RemovalReason>(reason), at_work_);
  }
  tidings_ = {};
  if (files > 0) handlers_.note(text);
}

/// Told once for as long as it lasts.
void ArchiveTidier::trouble(std::string what) {
  what = linux_os::harmless(std::move(what), longest_words);
  const bool is_new = !told_.contains(what) && !troubles_.contains(what);
  troubles_.insert(what);
  if (is_new) handlers_.trouble("log archives: " + what);
}

} // namespace holdfast::engine
