#include "facts.h"

#include "decisions.h"

#include <algorithm>
#include <tuple>

namespace holdfast::sim {
namespace {

struct Later {
  bool operator()(const Fact& a, const Fact& b) const {
    return std::tie(a.at, a.order) > std::tie(b.at, b.order);
  }
};

} // namespace

void Facts::add(Fact fact) {
  fact.order = mixed(added_++);
  heap_.push_back(fact);
  std::push_heap(heap_.begin(), heap_.end(), Later{});
}

Fact Facts::take() {
  std::pop_heap(heap_.begin(), heap_.end(), Later{});
  const Fact first = heap_.back();
  heap_.pop_back();
  return first;
}

void Facts::lose_news() {
  std::erase_if(heap_, [](const Fact& fact) { return is_news(fact.kind) && !is_datagram(fact.kind); });
  std::make_heap(heap_.begin(), heap_.end(), Later{});
}

} // namespace holdfast::sim
